/* Making the world of the click-log simulator: categories, brands, campaigns, ads, users, and the intercept.
 *
 * Everything has a stream of random numbers of its own, named by what it is and its number, so the order of making does
 * not matter. Scales are in log-odds where they act on a click: a standard deviation of 0.3 to 0.5 for each single
 * cause, 0.8 for taste, which is how far such effects lie apart in published click models. Shares of missing cells
 * follow the public Taobao log: no profile 6 %, purchasing power unknown for half of the users, city for a quarter.
 */
#include "simulator.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "mem.h"
#include "simulator_world.h"

static const double click_rate = 0.05;

static rk_rng stream(const rk_simulator *sim, int what, uint64_t index)
{
    return rk_rng_at(sim->seed, RK_RNG_GENERATE, (uint64_t)what, index);
}

static bool chance(rk_rng *rng, double p)
{
    return rk_rng_double(rng) < p;
}

static void draw_taste(float taste[RK_SIM_TASTE], rk_rng *rng, double scale)
{
    for (int k = 0; k < RK_SIM_TASTE; k++)
        taste[k] = (float)(scale * rk_rng_normal(rng));
}

/* taste = a * from + scale * N(0, 1) */
static void inherit_taste(float taste[RK_SIM_TASTE], const float from[RK_SIM_TASTE], double a, double scale,
                          rk_rng *rng)
{
    for (int k = 0; k < RK_SIM_TASTE; k++)
        taste[k] = (float)(a * from[k] + scale * rk_rng_normal(rng));
}

/* Index drawn by weights that sum to 1. */
static uint8_t pick(rk_rng *rng, const double *weights, int n)
{
    double u = rk_rng_double(rng);
    int i = 0;

    while (i < n - 1 && u >= weights[i])
        u -= weights[i++];
    return (uint8_t)i;
}

static void make_categories(rk_simulator *sim)
{
    for (uint64_t i = 0; i < sim->n_categories; i++) {
        rk_rng rng = stream(sim, RK_SIM_CATEGORY, i);
        rk_sim_category *category = &sim->categories[i];

        draw_taste(category->taste, &rng, 1 / sqrt(RK_SIM_TASTE));
        category->price = (float)(0.7 * rk_rng_normal(&rng));
        category->gender = (float)(0.35 * rk_rng_normal(&rng));
    }
}

static void make_brands(rk_simulator *sim)
{
    for (uint64_t i = 0; i < sim->n_brands; i++) {
        rk_rng rng = stream(sim, RK_SIM_BRAND, i);
        rk_sim_brand *brand = &sim->brands[i];

        brand->category = rk_sim_popular(&rng, sim->n_categories, 2);
        inherit_taste(brand->taste, sim->categories[brand->category].taste, 0.9, 0.4 / sqrt(RK_SIM_TASTE), &rng);
        brand->premium = (float)(0.5 * rk_rng_normal(&rng));
    }
}

static void make_campaigns(rk_simulator *sim)
{
    for (uint64_t i = 0; i < sim->n_campaigns; i++) {
        rk_rng rng = stream(sim, RK_SIM_CAMPAIGN, i);
        rk_sim_campaign *campaign = &sim->campaigns[i];

        campaign->quality = (float)(0.25 * rk_rng_normal(&rng));
        campaign->brand = rk_sim_popular(&rng, sim->n_brands, 2);
        campaign->category =
            chance(&rng, 0.85) ? sim->brands[campaign->brand].category : rk_sim_popular(&rng, sim->n_categories, 2);
        campaign->customer = rk_sim_popular(&rng, sim->n_customers, 2);
    }
}

static void make_ads(rk_simulator *sim)
{
    for (uint64_t i = 0; i < sim->n_ads; i++) {
        rk_rng rng = stream(sim, RK_SIM_AD, i);
        rk_sim_ad *ad = &sim->ads[i];
        const rk_sim_campaign *campaign;
        const rk_sim_brand *brand;

        ad->campaign = (uint32_t)rk_rng_below(&rng, sim->n_campaigns);
        campaign = &sim->campaigns[ad->campaign];
        brand = &sim->brands[campaign->brand];
        inherit_taste(ad->taste, brand->taste, 0.9, 0.35 / sqrt(RK_SIM_TASTE), &rng);
        ad->quality = (float)(campaign->quality + 0.35 * rk_rng_normal(&rng));
        ad->price = (float)(sim->categories[campaign->category].price + brand->premium + 0.5 * rk_rng_normal(&rng));
        ad->brand_known = chance(&rng, 0.85);
    }
}

/* Ads by category, in order of their numbers, which is the order of how often they are shown (counting sort). */
static void list_ads(rk_simulator *sim)
{
    for (uint64_t i = 0; i < sim->n_ads; i++)
        sim->first_ad[sim->campaigns[sim->ads[i].campaign].category + 1]++;
    for (uint64_t c = 0; c < sim->n_categories; c++)
        sim->first_ad[c + 1] += sim->first_ad[c];
    for (uint64_t i = sim->n_ads; i-- > 0;) /* each range fills from its end, until its end is its start */
        sim->ads_of[--sim->first_ad[sim->campaigns[sim->ads[i].campaign].category + 1]] = (uint32_t)i;
    memmove(sim->first_ad, sim->first_ad + 1, sim->n_categories * sizeof *sim->first_ad);
    sim->first_ad[sim->n_categories] = (uint32_t)sim->n_ads;
}

static void make_profile(rk_sim_user *user, rk_rng *rng)
{
    static const double ages[RK_SIM_AGES] = { 0.02, 0.11, 0.22, 0.31, 0.22, 0.10, 0.02 };
    static const double levels[3] = { 0.15, 0.25, 0.6 };
    static const double power[3][3] = { { 0.5, 0.4, 0.1 }, { 0.3, 0.5, 0.2 }, { 0.2, 0.5, 0.3 } };
    static const double cities[4] = { 0.15, 0.4, 0.25, 0.2 };

    user->gender = chance(rng, 0.36);
    user->age = pick(rng, ages, RK_SIM_AGES);
    user->student = chance(rng, user->age <= 1 ? 0.5 : user->age == 2 ? 0.12 : 0.01);
    user->city = (uint8_t)(1 + pick(rng, cities, 4));
    user->pvalue = (uint8_t)(1 + pick(rng, power[user->student ? 0 : user->city <= 2 ? 2 : 1], 3));
    user->shopping = (uint8_t)(1 + pick(rng, levels, 3));
    user->profile_known = chance(rng, 0.94);
    user->pvalue_known = chance(rng, 0.5);
    user->city_known = chance(rng, 0.75);
}

/* Browsed brands: popular ones, kept the more surely the more they are to the user's taste. Some users are new. */
static void make_history(const rk_simulator *sim, rk_sim_user *user, rk_rng *rng)
{
    enum { TRIES = 5 };
    int n = chance(rng, 0.1) ? 0 : 3 + (int)rk_rng_below(rng, RK_SIM_HISTORY - 2);

    for (int i = 0; i < n; i++) {
        uint32_t brand = 0;

        for (int t = 0; t < TRIES; t++) {
            brand = rk_sim_popular(rng, sim->n_brands, 2);
            if (chance(rng, rk_sim_sigmoid(2 * rk_sim_dot(user->taste, sim->brands[brand].taste) - 1)))
                break;
        }
        user->brands[i] = brand;
        user->categories[i] = sim->brands[brand].category;
    }
    user->n_history = (uint8_t)n;
}

static void make_users(rk_simulator *sim)
{
    for (int g = 0; g < 2; g++)
        for (int a = 0; a < RK_SIM_AGES; a++) {
            rk_rng rng = stream(sim, RK_SIM_SEGMENT, (uint64_t)(g * RK_SIM_AGES + a));

            draw_taste(sim->segments[g][a], &rng, 1);
        }
    for (uint64_t i = 0; i < sim->n_users; i++) {
        rk_rng rng = stream(sim, RK_SIM_USER, i);
        rk_sim_user *user = &sim->users[i];

        make_profile(user, &rng);
        inherit_taste(user->taste, sim->segments[user->gender][user->age], 0.5, 0.8, &rng);
        user->readiness = (float)(0.4 * rk_rng_normal(&rng) + 0.15 * (user->shopping - 2));
        make_history(sim, user, &rng);
    }
}

/* The intercept that gives the click rate on rows of a stream of their own, by bisection. */
static rocket_status calibrate(rk_simulator *sim, rocket_error *err)
{
    enum { TRIALS = 20000 };
    double *odds = rk_alloc(TRIALS, sizeof *odds), low = -20, high = 20;

    RK_FAIL_IF(!odds, FAILED, err, "no memory for the simulator");
    for (uint64_t i = 0; i < TRIALS; i++) {
        rk_rng rng = stream(sim, RK_SIM_TRIAL, i);
        rk_sim_showing showing = rk_sim_show(sim, &rng);

        odds[i] = rk_sim_log_odds(sim, &showing);
    }
    for (int round = 0; round < 40; round++) {
        double sum = 0;

        sim->intercept = (low + high) / 2;
        for (int i = 0; i < TRIALS; i++)
            sum += rk_sim_sigmoid(odds[i] + sim->intercept);
        *(sum > click_rate * TRIALS ? &high : &low) = sim->intercept;
    }
    rk_free(odds);
    return ROCKET_OK;
}

static uint64_t at_least(uint64_t n, uint64_t least)
{
    return n < least ? least : n;
}

static rocket_status build(rk_simulator *sim, rocket_error *err)
{
    sim->n_categories = at_least(sim->n_ads / 25, 12);
    sim->n_brands = at_least(sim->n_ads / 6, 30);
    sim->n_campaigns = at_least(sim->n_ads / 3, 1);
    sim->n_customers = at_least(sim->n_ads / 10, 1);
    sim->categories = rk_alloc(sim->n_categories, sizeof *sim->categories);
    sim->brands = rk_alloc(sim->n_brands, sizeof *sim->brands);
    sim->campaigns = rk_alloc(sim->n_campaigns, sizeof *sim->campaigns);
    sim->ads = rk_alloc(sim->n_ads, sizeof *sim->ads);
    sim->users = rk_alloc(sim->n_users, sizeof *sim->users);
    sim->ads_of = rk_alloc(sim->n_ads, sizeof *sim->ads_of);
    sim->first_ad = rk_alloc(sim->n_categories + 1, sizeof *sim->first_ad);
    RK_FAIL_IF(!sim->categories || !sim->brands || !sim->campaigns || !sim->ads || !sim->users || !sim->ads_of ||
                   !sim->first_ad,
               FAILED, err, "no memory for a world of %llu users and %llu ads", (unsigned long long)sim->n_users,
               (unsigned long long)sim->n_ads);
    make_categories(sim);
    make_brands(sim);
    make_campaigns(sim);
    make_ads(sim);
    list_ads(sim);
    make_users(sim);
    return calibrate(sim, err);
}

rocket_status rk_simulator_new(rk_simulator **out, uint64_t seed, const rk_simulator_options *options,
                               rocket_error *err)
{
    rk_simulator *sim;
    rocket_status status;

    RK_FAIL_IF(options->n_users < 1 || options->n_users > RK_SIMULATOR_MAX, USAGE, err,
               "expected 1 to %d users, got %llu", RK_SIMULATOR_MAX, (unsigned long long)options->n_users);
    RK_FAIL_IF(options->n_ads < 1 || options->n_ads > RK_SIMULATOR_MAX, USAGE, err, "expected 1 to %d ads, got %llu",
               RK_SIMULATOR_MAX, (unsigned long long)options->n_ads);
    RK_FAIL_IF(options->n_tags > RK_SIMULATOR_MAX_TAGS, USAGE, err, "expected up to %d tags, got %llu",
               RK_SIMULATOR_MAX_TAGS, (unsigned long long)options->n_tags);
    sim = rk_alloc(1, sizeof *sim);
    RK_FAIL_IF(!sim, FAILED, err, "no memory for the simulator");
    sim->seed = seed;
    sim->n_users = options->n_users;
    sim->n_ads = options->n_ads;
    sim->n_tags = options->n_tags;
    status = build(sim, err);
    if (status == ROCKET_OK)
        *out = sim;
    else
        rk_simulator_free(sim);
    return status;
}

void rk_simulator_free(rk_simulator *sim)
{
    if (!sim)
        return;
    rk_free(sim->categories);
    rk_free(sim->brands);
    rk_free(sim->campaigns);
    rk_free(sim->ads);
    rk_free(sim->users);
    rk_free(sim->ads_of);
    rk_free(sim->first_ad);
    rk_free(sim);
}
