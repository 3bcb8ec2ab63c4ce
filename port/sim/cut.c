/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/cut.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static const char *const cut_names[SIM_CUT_COUNT] = {"before", "torn", "after"};

struct cut_test {
    const struct sim_cut_scenario *scenario;
    void *ctx;
    struct sim_power *power;
    uint64_t seed, cases;
    char *id;
};

/* One life with the cut set (operation 0: none); true when it was cut. */
static bool live(struct cut_test *test, enum sim_cut cut, uint64_t operation)
{
    sim_power_on(test->power);
    if (operation > 0)
        sim_power_cut_at(test->power, operation, cut);
    test->scenario->run(test->ctx);
    return test->power->off;
}

/* One case from new flash on. *reached says whether its last cut was reached at all. */
static const char *run_case(struct cut_test *test, enum sim_cut cut, uint64_t operation,
                            uint64_t recovery, bool *reached)
{
    /* The case's own stream: it replays alone as it ran among the others. */
    sim_random_init(&test->power->random, test->seed, "cut",
                    (operation * 4 + cut) * 65536 + recovery);
    if (recovery > 0)
        snprintf(test->id, SIM_CUT_ID_MAX, "%s:%" PRIu64 ":%" PRIu64, cut_names[cut], operation,
                 recovery);
    else
        snprintf(test->id, SIM_CUT_ID_MAX, "%s:%" PRIu64, cut_names[cut], operation);
    test->cases++;
    sim_power_on(test->power);
    test->scenario->begin(test->ctx);
    *reached = live(test, cut, operation);
    if (*reached && recovery > 0)
        *reached = live(test, cut, recovery);
    if (test->power->off)
        (void)live(test, cut, 0);
    return test->scenario->check(test->ctx);
}

static const char *run_recoveries(struct cut_test *test, enum sim_cut cut, uint64_t operation)
{
    uint64_t limit = test->scenario->recovery_max;
    bool reached = true;

    for (uint64_t n = 1; reached && (limit == 0 || n <= limit); n++) {
        const char *wrong = run_case(test, cut, operation, n, &reached);

        if (wrong)
            return wrong;
    }
    return NULL;
}

int sim_cut_parse(const char *id, enum sim_cut *cut, uint64_t *operation, uint64_t *recovery)
{
    const char *colon = strchr(id, ':');
    char *end;

    for (int i = 0; colon && i < SIM_CUT_COUNT; i++) {
        if (strlen(cut_names[i]) != (size_t)(colon - id) ||
            strncmp(id, cut_names[i], (size_t)(colon - id)) != 0)
            continue;
        *cut = (enum sim_cut)i;
        *operation = strtoull(colon + 1, &end, 10);
        *recovery = *end == ':' ? strtoull(end + 1, &end, 10) : 0;
        return *end == '\0' && *operation > 0 ? 0 : ROOST_ERR_INVALID;
    }
    return ROOST_ERR_INVALID;
}

const char *sim_cut_test(const struct sim_cut_scenario *scenario, void *ctx,
                         struct sim_power *power, uint64_t seed, const char *only,
                         char id[SIM_CUT_ID_MAX], uint64_t *cases)
{
    struct cut_test test = {scenario, ctx, power, seed, 0, id};
    const char *wrong = NULL;
    enum sim_cut cut = SIM_CUT_BEFORE;
    uint64_t operation, recovery;
    bool reached = true;

    id[0] = '\0';
    if (only && only[0] != '\0') {
        if (sim_cut_parse(only, &cut, &operation, &recovery) < 0)
            return "not the id of a case";
        return run_case(&test, cut, operation, recovery, &reached);
    }
    for (operation = 1; !wrong && reached; operation++) {
        if (scenario->operations_max > 0 && operation > scenario->operations_max)
            return "the scenario does more operations than it should";
        for (int i = 0; !wrong && reached && i < SIM_CUT_COUNT; i++) {
            wrong = run_case(&test, (enum sim_cut)i, operation, 0, &reached);
            if (!wrong && reached)
                wrong = run_recoveries(&test, (enum sim_cut)i, operation);
        }
    }
    if (cases)
        *cases = test.cases;
    return wrong;
}
