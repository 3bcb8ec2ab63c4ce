/* SPDX-License-Identifier: Apache-2.0 */
/* roost-ml: the window model's service, training, judgement and versions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/err.h"
#include "host/log.h"
#include "host/program.h"
#include "ml/evaluate.h"
#include "ml/learn.h"
#include "ml/parallel.h"
#include "ml/serve.h"

struct arguments {
    const char *models, *version;
    struct ml_serve_options serve;
    uint64_t seed, years, generations, learn_every;
};

_Static_assert(sizeof((struct why *)0)->text >= ML_WHY_MAX, "what ml/ says fits");

static int failed(struct why *why, int err)
{
    return why_not(why, err, "%s", roost_err_text(err));
}

/* Runs `work` as the only one that makes or removes versions in the folder. */
static int locked(const struct arguments *arguments, struct why *why,
                  int (*work)(const struct arguments *arguments, struct why *why))
{
    int lock = ml_versions_lock(arguments->models);
    if (lock == ROOST_ERR_BUSY)
        return why_not(why, lock, "another roost-ml is making a version in this folder");
    if (lock < 0)
        return why_not(why, lock, "the models folder cannot be written");
    int err = work(arguments, why);
    ml_versions_unlock(lock);
    return err;
}

static int run_serve(void *settings, struct why *why)
{
    const struct arguments *arguments = settings;
    struct ml_serve_options serve = arguments->serve;
    serve.models = arguments->models;
    serve.learn_every = (unsigned)arguments->learn_every;
    serve.program = "/proc/self/exe";
    if (!serve.broker)
        return why_not(why, ROOST_ERR_INVALID, "--broker mqtt[s]://HOST[:PORT] is needed");
    host_log_init(ROOST_LOG_INFO, NULL, NULL);
    return ml_serve(&serve);
}

static int train(const struct arguments *arguments, struct why *why)
{
    struct ml_train_options options;
    struct ml_version version;
    ml_train_defaults(&options);
    options.dir = arguments->models;
    options.seed = arguments->seed;
    if (arguments->years)
        options.years = (int)arguments->years;
    if (arguments->generations)
        options.generations = (int)arguments->generations;
    torch_threads(1); /* with more, sums are added in another order and the bytes differ */
    return ml_train(&options, &version, why->text);
}

static int run_train(void *settings, struct why *why)
{
    return locked(settings, why, train);
}

static int run_evaluate(void *settings, struct why *why)
{
    const struct arguments *arguments = settings;
    struct ml_model *model;
    struct ml_evaluation evaluation;
    struct ml_calibration_bin bins[ML_CALIBRATION_BINS];
    torch_threads(1);
    int err = ml_model_open(&model, arguments->models, arguments->version, why->text);
    if (err)
        return err;
    err = ml_evaluate(model, arguments->seed, ml_parallel_processors(), &evaluation);
    if (!err)
        err = ml_calibration(model, bins);
    if (!err) {
        ml_evaluation_print(stdout, &evaluation, model->metadata.version);
        putchar('\n');
        ml_calibration_print(stdout, bins);
    }
    ml_model_close(model);
    if (err)
        return failed(why, err);
    if (ml_evaluation_wins(&evaluation))
        return 0;
    return why_not(why, ROOST_ERR_RANGE, "the model does not win");
}

static void print_metrics(const char *name, const struct ml_metrics *metrics)
{
    printf("%-7s held-out labels: mean error %6.2f points, -log likelihood %7.3f (%.0f); "
           "base: %.2f, %.3f\n",
           name, metrics->label.mae_pct, metrics->label.nll, metrics->label.rows,
           metrics->base.mae_pct, metrics->base.nll);
}

static int learn(const struct arguments *arguments, struct why *why)
{
    struct ml_train_options defaults;
    ml_train_defaults(&defaults);
    struct ml_learn_options options = {.dir = arguments->models,
                                       .years = arguments->years ? (int)arguments->years
                                                                 : defaults.years,
                                       .report = stdout};
    struct ml_outcome outcome;
    torch_threads(1);
    int err = ml_learn(&options, &outcome, why->text);
    if (err)
        return err;
    if (outcome.after.base.rows > 0.0) {
        print_metrics("before", &outcome.before);
        print_metrics("after", &outcome.after);
    }
    printf("%s %s: %s\n", outcome.promoted ? "promoted" : "kept", outcome.version.name,
           outcome.reason);
    return 0;
}

static int run_learn(void *settings, struct why *why)
{
    return locked(settings, why, learn);
}

static int run_versions(void *settings, struct why *why)
{
    const struct arguments *arguments = settings;
    struct ml_version current = {""};
    struct ml_version *all = calloc(ML_VERSIONS_MAX, sizeof *all);
    int count =
        all ? ml_versions_list(arguments->models, all, ML_VERSIONS_MAX) : ROOST_ERR_NO_MEMORY;
    (void)ml_versions_current(arguments->models, &current); /* none is marked then */
    int bad = 0;
    for (int i = 0; i < count; i++) {
        struct ml_model *model;
        char trained_at[ROOST_DATETIME_LEN + 1];
        if (ml_model_open(&model, arguments->models, all[i].name, why->text) != 0) {
            printf("  %s\n", why->text);
            bad++;
            continue;
        }
        const struct ml_metadata *metadata = &model->metadata;
        roost_datetime_write(trained_at, metadata->trained_ms);
        printf("%c %-8s %s  parent %-8s base error %.2f",
               strcmp(current.name, all[i].name) ? ' ' : '*', all[i].name, trained_at,
               metadata->parent[0] ? metadata->parent : "-", metadata->metrics.base.mae_pct);
        if (metadata->metrics.label.rows > 0.0)
            printf("  label error %.2f (%.0f)", metadata->metrics.label.mae_pct,
                   metadata->metrics.label.rows);
        putchar('\n');
        ml_model_close(model);
    }
    free(all);
    if (count < 0)
        return failed(why, count);
    return bad ? PROGRAM_FAILED : 0;
}

/* What the current version was learnt from; one that was trained from nothing has taken the place
 * of the version before it. */
static int previous(const struct arguments *arguments, struct ml_version *version, struct why *why)
{
    struct ml_model *model;
    struct ml_version current = {""};
    int err = ml_model_open(&model, arguments->models, NULL, why->text);
    if (err)
        return err;
    memcpy(version->name, model->metadata.parent, sizeof version->name);
    memcpy(current.name, model->metadata.version, sizeof current.name);
    ml_model_close(model);
    if (version->name[0])
        return 0;
    err = ml_versions_before(arguments->models, current.name, version);
    if (err == ROOST_ERR_NOT_FOUND)
        return why_not(why, err,
                       "%s, the current version, has no parent and is the oldest; name the version "
                       "to go to",
                       current.name);
    return err ? failed(why, err) : 0;
}

static int rollback(const struct arguments *arguments, struct why *why)
{
    struct ml_model *model;
    struct ml_version to;
    const char *wanted = arguments->version;
    int err;
    if (!wanted) {
        if ((err = previous(arguments, &to, why)))
            return err;
        wanted = to.name;
    }
    /* A version is proven before it is pointed at. */
    if ((err = ml_model_open(&model, arguments->models, wanted, why->text)))
        return err;
    err = ml_versions_promote(arguments->models, model->metadata.version);
    printf("current is %s\n", err ? "unchanged" : model->metadata.version);
    ml_model_close(model);
    return err ? failed(why, err) : 0;
}

static int run_rollback(void *settings, struct why *why)
{
    return locked(settings, why, rollback);
}

/* ---- the program ---- */

#define AT(member) .at = offsetof(struct arguments, member)

static const struct option_spec common_options[] = {
    {.name = "models", .value = "DIR", .required = 1, .help = "the folder of versions", AT(models)},
};

static const struct option_spec serve_options[] = {
    {.name = "broker",
     .value = "URL",
     .help = "mqtt[s]://HOST[:PORT], with or without a user; always needed",
     AT(serve.broker)},
    {.name = "user", .value = "NAME", .initial = "", .help = "user at the broker", AT(serve.user)},
    {.name = "password-file",
     .value = "FILE",
     .initial = "",
     .help = "its first line is the password at the broker",
     AT(serve.password_file)},
    {.name = "ca",
     .value = "FILE",
     .initial = "",
     .help = "certificates (PEM) that may sign the broker's; otherwise the system's",
     AT(serve.ca_file)},
    {.name = "client-id",
     .value = "ID",
     .initial = "roost-ml",
     .help = "names the session that the broker keeps while the service is away",
     AT(serve.client_id)},
    {.name = "metrics",
     .value = "HOST:PORT",
     .initial = "127.0.0.1:9109",
     .help = "of /metrics and /health",
     AT(serve.metrics)},
    {.name = "learn-every",
     .value = "N",
     .kind = OPTION_NUMBER,
     .initial = "50",
     .max = 1000000,
     .help = "labels between two runs of learning, 0: never",
     AT(learn_every)},
};

/* Rows of more than one table. */
#define SEED                                                                                       \
    .name = "seed", .value = "N", .kind = OPTION_NUMBER, .initial = "1", .max = 1000000,           \
    .help = "of the modelled houses", AT(seed)
#define YEARS                                                                                      \
    .name = "years", .value = "N", .kind = OPTION_NUMBER, .min = 1, .max = 1000,                   \
    .help = "of modelled rooms to learn from", AT(years)

static const struct option_spec train_options[] = {
    {SEED},
    {YEARS},
    {.name = "generations",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 1000,
     .help = "of the search for the policy",
     AT(generations)},
};

static const struct option_spec evaluate_options[] = {
    {SEED},
    {.name = "VERSION", .kind = OPTION_WORD, .help = "otherwise the current one", AT(version)},
};

static const struct option_spec learn_options[] = {{YEARS}};

static const struct option_spec rollback_options[] = {
    {.name = "VERSION",
     .kind = OPTION_WORD,
     .help = "otherwise the parent of the current one, or the version before it",
     AT(version)},
};

static const struct program_command commands[] = {
    {"serve", "answers requests, keeps what hands set, learns from it",
     PROGRAM_OPTIONS(serve_options), run_serve},
    {"train", "trains a model on the modelled house and makes it current",
     PROGRAM_OPTIONS(train_options), run_train},
    {"evaluate", "a year against a fixed window and a thermostat; 1 when the model does not win",
     PROGRAM_OPTIONS(evaluate_options), run_evaluate},
    {"learn", "learns from what hands set; promotes only what is better on held-out data",
     PROGRAM_OPTIONS(learn_options), run_learn},
    {"versions", "lists the versions, the current one marked", NULL, 0, run_versions},
    {"rollback", "makes an older version current", PROGRAM_OPTIONS(rollback_options), run_rollback},
};

static const struct program_spec program = {
    .name = "roost-ml",
    .version = ROOST_VERSION,
    .help = "the window model: served, trained, judged, and its versions",
    PROGRAM_OPTIONS(common_options),
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .serves = true,
};

int main(int argc, char **argv)
{
    struct arguments arguments = {0};

    return program_run(&program, &arguments, argc, argv);
}
