/* Student's t distribution: what the mean of a few paired differences is judged by. */
#ifndef RK_STUDENT_H
#define RK_STUDENT_H

/* The t that is not exceeded in either direction with probability level (0.95): t(0.95, 4) is 2.776. df >= 1. */
double rk_student_t(double level, int df);

#endif
