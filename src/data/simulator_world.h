/* The inside of rk_simulator, shared by simulator.c (making the world) and simulator_row.c (what happens in it). */
#ifndef RK_SIMULATOR_WORLD_H
#define RK_SIMULATOR_WORLD_H

#include "rng.h"
#include "simulator.h"

enum { RK_SIM_TASTE = 6, RK_SIM_HISTORY = 16, RK_SIM_AGES = 7, RK_SIM_POSITIONS = 3 };

/* What a stream of random numbers is for: the step of rk_rng_at. */
enum {
    RK_SIM_CATEGORY = 1,
    RK_SIM_BRAND,
    RK_SIM_CAMPAIGN,
    RK_SIM_AD,
    RK_SIM_SEGMENT,
    RK_SIM_USER,
    RK_SIM_ROW,
    RK_SIM_TRIAL
};

typedef struct rk_sim_category {
    float taste[RK_SIM_TASTE];
    float price;  /* mean of its log prices, in standard deviations of all */
    float gender; /* how much more it appeals to gender 1 */
} rk_sim_category;

typedef struct rk_sim_brand {
    float taste[RK_SIM_TASTE]; /* its category's, and something of its own */
    float premium;             /* on the log price */
    uint32_t category;         /* where it is at home */
} rk_sim_brand;

typedef struct rk_sim_campaign {
    float quality;
    uint32_t customer, brand, category;
} rk_sim_campaign;

typedef struct rk_sim_ad {
    float taste[RK_SIM_TASTE];
    float quality, price; /* price: log, standardised */
    uint32_t campaign;
    bool brand_known;
} rk_sim_ad;

typedef struct rk_sim_user {
    float taste[RK_SIM_TASTE];
    float readiness;
    uint8_t gender, age, pvalue, shopping, student, city; /* gender 0, 1; age 0-6; pvalue, shopping 1-3; city 1-4 */
    bool profile_known, pvalue_known, city_known;
    uint8_t n_history;
    uint32_t categories[RK_SIM_HISTORY], brands[RK_SIM_HISTORY]; /* browsed, newest last */
} rk_sim_user;

struct rk_simulator {
    uint64_t seed, n_users, n_ads, n_tags, n_categories, n_brands, n_campaigns, n_customers;
    double intercept;
    rk_sim_category *categories;
    rk_sim_brand *brands;
    rk_sim_campaign *campaigns;
    rk_sim_ad *ads;
    rk_sim_user *users;
    uint32_t *ads_of;                             /* [n_ads] ads by category, most shown first */
    uint32_t *first_ad;                           /* [n_categories + 1] where a category's ads begin in ads_of */
    float segments[2][RK_SIM_AGES][RK_SIM_TASTE]; /* mean tastes of gender and age */
};

/* One showing of an ad to a user. */
typedef struct rk_sim_showing {
    uint32_t user, ad;
    uint8_t position;
    uint8_t seen; /* newest entries of the history that the log tells */
} rk_sim_showing;

rk_sim_showing rk_sim_show(const rk_simulator *simulator, rk_rng *rng);
double rk_sim_log_odds(const rk_simulator *simulator, const rk_sim_showing *showing); /* without the intercept */

/* An index below n whose popularity falls with it: density ~ index^(1/power - 1); power 1 is uniform, 4 nearly Zipf. */
uint32_t rk_sim_popular(rk_rng *rng, uint64_t n, int power);

double rk_sim_dot(const float a[RK_SIM_TASTE], const float b[RK_SIM_TASTE]);
double rk_sim_sigmoid(double x);

#endif
