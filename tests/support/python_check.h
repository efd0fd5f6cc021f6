/* Running a check written in Python against the real packages, where Python and the packages can be had.
 *
 * The packages come from the ordinary package index into a virtual environment beside the running test, made on first
 * use. Without Python, network or packages the test is skipped, with the reason on stdout.
 */
#ifndef RK_PYTHON_CHECK_H
#define RK_PYTHON_CHECK_H

/* Run tests/golden/<script> with up to two arguments (NULL: none); packages are what it imports, blanks between them.
 * Skips the calling cmocka test where that is not to be had, fails it when the script does. */
void rk_python_check(const char *packages, const char *script, const char *first, const char *second);

#endif
