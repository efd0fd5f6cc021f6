/* What happens in the simulator's world: who is shown what, how likely a click is, and the line that the log keeps.
 *
 * The line is put together by hand, digit by digit: a row has thirty to fifty numbers, and printf would be most of the
 * time.
 */
#include <math.h>
#include <string.h>

#include "simulator.h"
#include "simulator_world.h"

const char *const rk_simulator_columns[] = {
    "clk",
    "buy",
    "pid",
    "adgroup_id",
    "cate_id",
    "campaign_id",
    "customer",
    "brand",
    "user_id",
    "cms_segid",
    "cms_group_id",
    "final_gender_code",
    "age_level",
    "pvalue_level",
    "shopping_level",
    "occupation",
    "new_user_class_level",
    "tag_category_list",
    "tag_brand_list",
    "price",
    NULL,
};

enum { LINE_BYTES = 8192, OLDEST = RK_SIMULATOR_MAX_TAGS * 3 / 2, PRICES = 50, MICRO_SEGMENTS = 97 };

static const char *const positions[RK_SIM_POSITIONS] = { "feed_top", "feed_side", "cart_end" };

uint32_t rk_sim_popular(rk_rng *rng, uint64_t n, int power)
{
    double u = rk_rng_double(rng), x = u;

    for (int i = 1; i < power; i++)
        x *= u;
    return (uint32_t)(x * (double)n);
}

double rk_sim_dot(const float a[RK_SIM_TASTE], const float b[RK_SIM_TASTE])
{
    double sum = 0;

    for (int k = 0; k < RK_SIM_TASTE; k++)
        sum += (double)a[k] * (double)b[k];
    return sum;
}

double rk_sim_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* An ad of a category that the user has browsed; of any category if that one has none. */
static uint32_t targeted_ad(const rk_simulator *sim, const rk_sim_user *user, rk_rng *rng)
{
    uint32_t category = user->categories[rk_rng_below(rng, user->n_history)];
    uint32_t first = sim->first_ad[category], n = sim->first_ad[category + 1] - first;

    return n > 0 ? sim->ads_of[first + rk_sim_popular(rng, n, 2)] : rk_sim_popular(rng, sim->n_ads, 4);
}

rk_sim_showing rk_sim_show(const rk_simulator *sim, rk_rng *rng)
{
    rk_sim_showing showing = { .user = rk_sim_popular(rng, sim->n_users, 2) };
    const rk_sim_user *user = &sim->users[showing.user];
    double where = rk_rng_double(rng);

    if (user->n_history > 0 && rk_rng_double(rng) < 0.5)
        showing.ad = targeted_ad(sim, user, rng);
    else
        showing.ad = rk_sim_popular(rng, sim->n_ads, 4);
    showing.position = where < 0.5 ? 0 : where < 0.85 ? 1 : 2;
    if (user->n_history > 0)
        showing.seen = (uint8_t)(1 + rk_rng_below(rng, user->n_history));
    return showing;
}

static int count(const uint32_t *newest, int n, uint32_t value)
{
    int found = 0;

    for (int i = 0; i < n; i++)
        found += newest[i] == value;
    return found;
}

/* log(1 + n), for counts in a history. */
static double familiarity(const uint32_t *history, const rk_sim_user *user, int seen, uint32_t value)
{
    return log1p(count(history + user->n_history - seen, seen, value));
}

/* Dislike of prices off what age and purchasing power suggest; the young also mind every rise. */
static double price_appeal(const rk_sim_user *user, const rk_sim_ad *ad)
{
    double wanted = 0.3 * (user->age - 3) + 0.6 * (user->pvalue - 2);
    double off = ad->price - wanted;

    return -0.25 * fmin(off * off, 4) - (user->student ? 0.3 * ad->price : 0);
}

double rk_sim_log_odds(const rk_simulator *sim, const rk_sim_showing *showing)
{
    static const double position[RK_SIM_POSITIONS] = { 0, -0.35, -0.6 };
    const rk_sim_user *user = &sim->users[showing->user];
    const rk_sim_ad *ad = &sim->ads[showing->ad];
    const rk_sim_campaign *campaign = &sim->campaigns[ad->campaign];
    double odds = user->readiness + ad->quality + position[showing->position];

    odds += 0.8 * rk_sim_dot(user->taste, ad->taste);
    odds += sim->categories[campaign->category].gender * (user->gender ? 1 : -1);
    odds += price_appeal(user, ad);
    odds += showing->position == 2 ? -0.2 * ad->price : 0; /* at the end of the cart cheap things are added */
    odds += 0.5 * familiarity(user->categories, user, showing->seen, campaign->category);
    odds += 0.6 * familiarity(user->brands, user, showing->seen, campaign->brand);
    return odds;
}

static char *put_char(char *at, char c)
{
    *at = c;
    return at + 1;
}

static char *put_number(char *at, uint64_t value)
{
    char digits[20];
    int n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

/* A cell and its comma; nothing but the comma where the log does not know. */
static char *put_cell(char *at, uint64_t value, bool known)
{
    if (known)
        at = put_number(at, value);
    return put_char(at, ',');
}

/* More tags behind those that are there since `begin`. */
static char *put_tags(char *at, const char *begin, const uint32_t *values, int n)
{
    for (int i = 0; i < n; i++) {
        if (at > begin)
            at = put_char(at, '|');
        at = put_number(at, (uint64_t)values[i] + 1);
    }
    return at;
}

static char *put_user(char *at, const rk_sim_user *user, uint32_t id)
{
    bool known = user->profile_known;
    int group = user->gender * RK_SIM_AGES + user->age;
    int segment = group * 9 + (user->pvalue - 1) * 3 + user->shopping;

    at = put_cell(at, (uint64_t)id + 1, true);
    at = put_cell(at, (uint64_t)(segment % MICRO_SEGMENTS), known);
    at = put_cell(at, (uint64_t)group, known);
    at = put_cell(at, (uint64_t)user->gender + 1, known);
    at = put_cell(at, user->age, known);
    at = put_cell(at, user->pvalue, known && user->pvalue_known);
    at = put_cell(at, user->shopping, known);
    at = put_cell(at, user->student, known);
    return put_cell(at, user->city, known && user->city_known);
}

static char *put_ad(char *at, const rk_simulator *sim, uint32_t id)
{
    const rk_sim_ad *ad = &sim->ads[id];
    const rk_sim_campaign *campaign = &sim->campaigns[ad->campaign];

    at = put_cell(at, (uint64_t)id + 1, true);
    at = put_cell(at, (uint64_t)campaign->category + 1, true);
    at = put_cell(at, (uint64_t)ad->campaign + 1, true);
    at = put_cell(at, (uint64_t)campaign->customer + 1, true);
    return put_cell(at, (uint64_t)campaign->brand + 1, ad->brand_known);
}

/* Price as the log has it: one of 50 steps of the log price. */
static uint64_t price_step(const rk_sim_ad *ad)
{
    double step = floor(25 + 8 * (double)ad->price);

    return step < 0 ? 0 : step >= PRICES ? PRICES - 1 : (uint64_t)step;
}

static double buy_rate(const rk_sim_user *user, const rk_sim_ad *ad)
{
    return rk_sim_sigmoid(-3 + 0.4 * (user->pvalue - 2) - 0.3 * ad->price);
}

/* What was browsed so long ago that it no longer acts on the click: fills the lists up to n_tags / 2 ... 3 / 2 n_tags.
 * Drawn last, so that all else is as without it. */
static int browse_before(const rk_simulator *sim, rk_rng *rng, int seen, uint32_t *brands)
{
    int n = 0, wanted = 0;

    if (sim->n_tags > 0)
        wanted = (int)(sim->n_tags / 2 + rk_rng_below(rng, sim->n_tags + 1));
    for (; n < wanted - seen; n++)
        brands[n] = rk_sim_popular(rng, sim->n_brands, 2);
    return n;
}

static char *put_lists(char *at, const rk_simulator *sim, const rk_sim_showing *showing, rk_rng *rng)
{
    const rk_sim_user *user = &sim->users[showing->user];
    int skip = user->n_history - showing->seen;
    uint32_t brands[OLDEST], categories[OLDEST];
    int n = browse_before(sim, rng, showing->seen, brands);

    for (int i = 0; i < n; i++)
        categories[i] = sim->brands[brands[i]].category;
    const char *begin = at;
    at = put_tags(at, begin, categories, n);
    at = put_char(put_tags(at, begin, user->categories + skip, showing->seen), ',');
    begin = at;
    at = put_tags(at, begin, brands, n);
    return put_char(put_tags(at, begin, user->brands + skip, showing->seen), ',');
}

void rk_simulator_row(const rk_simulator *sim, uint64_t index, rk_buf *line, rk_impression *impression)
{
    rk_rng rng = rk_rng_at(sim->seed, RK_RNG_GENERATE, RK_SIM_ROW, index);
    rk_sim_showing showing = rk_sim_show(sim, &rng);
    const rk_sim_user *user = &sim->users[showing.user];
    const rk_sim_ad *ad = &sim->ads[showing.ad];
    double rate = rk_sim_sigmoid(sim->intercept + rk_sim_log_odds(sim, &showing));
    bool click = rk_rng_double(&rng) < rate;
    bool buy = rk_rng_double(&rng) < buy_rate(user, ad) && click;
    char text[LINE_BYTES], *at = text; /* at most 2 * OLDEST + 20 cells of 8 bytes, and a position */
    size_t n = strlen(positions[showing.position]);

    at = put_cell(at, click, true);
    at = put_cell(at, buy, true);
    memcpy(at, positions[showing.position], n);
    at = put_char(at + n, ',');
    at = put_ad(at, sim, showing.ad);
    at = put_user(at, user, showing.user);
    at = put_lists(at, sim, &showing, &rng);
    at = put_char(put_number(at, price_step(ad)), '\n');
    rk_buf_append(line, text, (size_t)(at - text));
    if (impression)
        *impression = (rk_impression){ rate, click, showing.user };
}

uint64_t rk_simulator_cardinality(const rk_simulator *sim, const char *column)
{
    const struct {
        const char *column;
        uint64_t n;
    } columns[] = {
        { "pid", RK_SIM_POSITIONS },
        { "adgroup_id", sim->n_ads },
        { "cate_id", sim->n_categories },
        { "campaign_id", sim->n_campaigns },
        { "customer", sim->n_customers },
        { "brand", sim->n_brands },
        { "user_id", sim->n_users },
        { "cms_segid", MICRO_SEGMENTS },
        { "cms_group_id", 2 * RK_SIM_AGES },
        { "final_gender_code", 2 },
        { "age_level", RK_SIM_AGES },
        { "pvalue_level", 3 },
        { "shopping_level", 3 },
        { "occupation", 2 },
        { "new_user_class_level", 4 },
        { "tag_category_list", sim->n_categories },
        { "tag_brand_list", sim->n_brands },
        { "price", PRICES },
    };

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!strcmp(columns[i].column, column))
            return columns[i].n;
    return 0;
}
