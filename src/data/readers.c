/* The table of readers. */
#include "reader.h"

#define RK_READER(name) extern const rk_reader_def rk_reader_##name;
#include "readers.def"
#undef RK_READER

#define RK_READER(name) &rk_reader_##name,
const rk_reader_def *const rk_readers[] = {
#include "readers.def"
    NULL,
};
#undef RK_READER

const rk_reader_def *rk_reader_find(int type)
{
    for (const rk_reader_def *const *reader = rk_readers; *reader; reader++)
        if ((*reader)->type == type)
            return *reader;
    return NULL;
}
