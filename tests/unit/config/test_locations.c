/* The table of places: against a plain list, with replacement and aliases. */
#include <string.h>

#include "dataset.pb-c.h"
#include "locations.h"
#include "mem.h"
#include "rk_test.h"

enum { N_MESSAGES = 40, N_INDICES = 50 };

static const ProtobufCFieldDescriptor *field(unsigned i)
{
    return i ? &rocket__dataset_config__descriptor.fields[i - 1] : NULL;
}

static void places_are_found_again(void **state)
{
    static Rocket__DatasetConfig messages[N_MESSAGES];
    static const char *const places[] = { "a", "b", "c" };
    rk_locations locations;

    (void)state;
    rk_locations_init(&locations);
    assert_null(rk_locations_get(&locations, &messages[0].base, NULL, 0));
    for (size_t i = 0; i < N_MESSAGES * N_INDICES * 3; i++) {
        size_t m = i % N_MESSAGES, k = i / N_MESSAGES % N_INDICES, f = i / N_MESSAGES / N_INDICES;
        rk_location key = {
            .message = &messages[m].base, .field = field((unsigned)f), .index = 10 + k, .where = places[i % 3]
        };
        assert_true(rk_locations_set(&locations, &key));
    }
    for (size_t i = 0; i < N_MESSAGES * N_INDICES * 3; i++) {
        size_t m = i % N_MESSAGES, k = i / N_MESSAGES % N_INDICES, f = i / N_MESSAGES / N_INDICES;
        assert_ptr_equal(rk_locations_get(&locations, &messages[m].base, field((unsigned)f), 10 + k), places[i % 3]);
    }
    assert_int_equal(locations.n, N_MESSAGES * N_INDICES * 3);
    assert_null(rk_locations_get(&locations, &messages[0].base, field(4), 10));
    rk_locations_clear(&locations);
}

static void the_last_place_wins(void **state)
{
    Rocket__DatasetConfig message;
    rk_location key = { .message = &message.base, .field = field(1), .where = "first" };
    rk_locations locations;

    (void)state;
    rk_locations_init(&locations);
    assert_true(rk_locations_set(&locations, &key));
    key.where = "second";
    assert_true(rk_locations_set(&locations, &key));
    assert_int_equal(locations.n, 1);
    assert_string_equal(rk_locations_get(&locations, &message.base, field(1), 0), "second");
    rk_locations_clear(&locations);
}

static void copies_stand_where_their_originals_stand(void **state)
{
    Rocket__DatasetConfig original, copy;
    rk_location key = { .message = &original.base, .field = field(1), .where = "there" };
    rk_locations locations;

    (void)state;
    rk_locations_init(&locations);
    assert_true(rk_locations_set(&locations, &key));
    assert_true(rk_locations_alias(&locations, &copy.base, &original.base));
    assert_string_equal(rk_locations_get(&locations, &copy.base, field(1), 0), "there");
    assert_null(rk_locations_get(&locations, &copy.base, field(2), 0));
    key.message = &copy.base;
    key.where = "here";
    assert_true(rk_locations_set(&locations, &key));
    assert_string_equal(rk_locations_get(&locations, &copy.base, field(1), 0), "here");
    assert_string_equal(rk_locations_get(&locations, &original.base, field(1), 0), "there");
    rk_locations_clear(&locations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_found_again),
        cmocka_unit_test(the_last_place_wins),
        cmocka_unit_test(copies_stand_where_their_originals_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
