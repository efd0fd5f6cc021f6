/* See student.h. The share within [-t, t] is an integral with a closed form for whole degrees of freedom (Abramowitz
 * and Stegun, 26.7.3 and 26.7.4); t is found from it by bisection.
 *
 *   angle = atan(t / sqrt(df))
 *   df odd:   A = 2 / pi (angle + sin cos (1 + 2/3 cos^2 + 2 4 / (3 5) cos^4 + ... up to cos^(df - 3)))
 *   df even:  A = sin (1 + 1/2 cos^2 + 1 3 / (2 4) cos^4 + ... up to cos^(df - 2))
 */
#include "student.h"

#include <math.h>

static double share_within(double t, int df)
{
    static const double pi = 3.14159265358979323846;
    double angle = atan(t / sqrt(df)), s = sin(angle), c = cos(angle);
    double term = df % 2 ? c : 1, sum = df == 1 ? 0 : term;

    for (int k = df % 2 ? 3 : 2; k < df; k += 2) {
        term *= c * c * (double)(k - 1) / (double)k;
        sum += term;
    }
    return df % 2 ? 2 / pi * (angle + s * sum) : s * sum;
}

double rk_student_t(double level, int df)
{
    double low = 0, high = 1;

    while (share_within(high, df) < level && high < 1e300)
        high *= 2;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;

        if (share_within(middle, df) < level)
            low = middle;
        else
            high = middle;
    }
    return high;
}
