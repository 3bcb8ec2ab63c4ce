/* SPDX-License-Identifier: Apache-2.0 */
/* roost-ml: the window model's service, training, judgement and versions. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/err.h"
#include "core/number.h"
#include "host/log.h"
#include "ml/evaluate.h"
#include "ml/learn.h"
#include "ml/parallel.h"
#include "ml/serve.h"

enum { EXIT_USAGE = 2 };

/* What any command may be given; each takes what it knows. */
struct arguments {
    const char *models, *version;
    struct ml_serve_options serve;
    uint64_t seed, years, generations, learn_every;
};

struct command {
    const char *name, *options, *help;
    bool takes_version;
    int (*run)(const struct arguments *arguments);
};

static int complain(const char *why)
{
    fprintf(stderr, "roost-ml: %s\n", why);
    return 1;
}

/* Runs `work` as the only one that makes or removes versions in the folder. */
static int locked(const struct arguments *arguments, int (*work)(const struct arguments *arguments))
{
    int lock = ml_versions_lock(arguments->models);
    if (lock == ROOST_ERR_BUSY)
        return complain("another roost-ml is making a version in this folder");
    if (lock < 0)
        return complain("the models folder cannot be written");
    int status = work(arguments);
    ml_versions_unlock(lock);
    return status;
}

static int run_serve(const struct arguments *arguments)
{
    struct ml_serve_options serve = arguments->serve;
    serve.models = arguments->models;
    serve.learn_every = (unsigned)arguments->learn_every;
    serve.program = "/proc/self/exe";
    if (!serve.broker)
        return complain("serve: --broker mqtt://HOST:PORT is needed");
    host_log_init(ROOST_LOG_INFO, NULL, NULL);
    return ml_serve(&serve);
}

static int train(const struct arguments *arguments)
{
    struct ml_train_options options;
    struct ml_version version;
    char why[ML_WHY_MAX];
    ml_train_defaults(&options);
    options.dir = arguments->models;
    options.seed = arguments->seed;
    if (arguments->years)
        options.years = (int)arguments->years;
    if (arguments->generations)
        options.generations = (int)arguments->generations;
    torch_threads(1); /* with more, sums are added in another order and the bytes differ */
    return ml_train(&options, &version, why) == 0 ? 0 : complain(why);
}

static int run_train(const struct arguments *arguments)
{
    return locked(arguments, train);
}

static int run_evaluate(const struct arguments *arguments)
{
    struct ml_model *model;
    struct ml_evaluation evaluation;
    struct ml_calibration_bin bins[ML_CALIBRATION_BINS];
    char why[ML_WHY_MAX];
    torch_threads(1);
    if (ml_model_open(&model, arguments->models, arguments->version, why) != 0)
        return complain(why);
    int err = ml_evaluate(model, arguments->seed, ml_parallel_processors(), &evaluation);
    if (!err)
        err = ml_calibration(model, bins);
    if (!err) {
        ml_evaluation_print(stdout, &evaluation, model->metadata.version);
        putchar('\n');
        ml_calibration_print(stdout, bins);
    }
    ml_model_close(model);
    if (err)
        return complain(roost_err_text(err));
    return ml_evaluation_wins(&evaluation) ? 0 : complain("the model does not win");
}

static void print_metrics(const char *name, const struct ml_metrics *metrics)
{
    printf("%-7s held-out labels: mean error %6.2f points, -log likelihood %7.3f (%.0f); "
           "base: %.2f, %.3f\n",
           name, metrics->label.mae_pct, metrics->label.nll, metrics->label.rows,
           metrics->base.mae_pct, metrics->base.nll);
}

static int learn(const struct arguments *arguments)
{
    struct ml_train_options defaults;
    ml_train_defaults(&defaults);
    struct ml_learn_options options = {.dir = arguments->models,
                                       .years = arguments->years ? (int)arguments->years
                                                                 : defaults.years,
                                       .report = stdout};
    struct ml_outcome outcome;
    char why[ML_WHY_MAX];
    torch_threads(1);
    if (ml_learn(&options, &outcome, why) != 0)
        return complain(why);
    if (outcome.after.base.rows > 0.0) {
        print_metrics("before", &outcome.before);
        print_metrics("after", &outcome.after);
    }
    printf("%s %s: %s\n", outcome.promoted ? "promoted" : "kept", outcome.version.name,
           outcome.reason);
    return 0;
}

static int run_learn(const struct arguments *arguments)
{
    return locked(arguments, learn);
}

static int run_versions(const struct arguments *arguments)
{
    struct ml_version current = {""};
    struct ml_version *all = calloc(ML_VERSIONS_MAX, sizeof *all);
    int count =
        all ? ml_versions_list(arguments->models, all, ML_VERSIONS_MAX) : ROOST_ERR_NO_MEMORY;
    (void)ml_versions_current(arguments->models, &current); /* none is marked then */
    int bad = 0;
    for (int i = 0; i < count; i++) {
        struct ml_model *model;
        char why[ML_WHY_MAX], trained_at[ROOST_DATETIME_LEN + 1];
        if (ml_model_open(&model, arguments->models, all[i].name, why) != 0) {
            printf("  %s\n", why);
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
        return complain(roost_err_text(count));
    return bad ? 1 : 0;
}

static int rollback(const struct arguments *arguments)
{
    struct ml_model *model;
    char why[ML_WHY_MAX], to[ROOST_VERSION_MAX + 1];
    const char *wanted = arguments->version;
    if (!wanted) {
        if (ml_model_open(&model, arguments->models, NULL, why) != 0)
            return complain(why);
        memcpy(to, model->metadata.parent, sizeof to);
        ml_model_close(model);
        if (!to[0])
            return complain("the current version has no parent; name the version to go back to");
        wanted = to;
    }
    /* A version is proven before it is pointed at. */
    if (ml_model_open(&model, arguments->models, wanted, why) != 0)
        return complain(why);
    int err = ml_versions_promote(arguments->models, model->metadata.version);
    printf("current is %s\n", err ? "unchanged" : model->metadata.version);
    ml_model_close(model);
    return err ? complain(roost_err_text(err)) : 0;
}

static int run_rollback(const struct arguments *arguments)
{
    return locked(arguments, rollback);
}

static const struct command commands[] = {
    {"serve",
     "--models DIR --broker mqtt[s]://HOST[:PORT] [--user U] [--password-file F] [--ca FILE]\n"
     "            [--client-id ID] [--metrics HOST:PORT] [--learn-every N]",
     "answer requests, keep what hands set, learn every N of them (0: never, default 50)", false,
     run_serve},
    {"train", "--models DIR [--seed N] [--years N] [--generations N]",
     "train a model on the modelled house and make it current", false, run_train},
    {"evaluate", "--models DIR [--seed N] [VERSION]",
     "a year against a fixed window and a thermostat; exit 1 when the model does not win", true,
     run_evaluate},
    {"learn", "--models DIR [--years N]",
     "learn from what hands set; promote only what is better on held-out data", false, run_learn},
    {"versions", "--models DIR", "list the versions, the current one marked", false, run_versions},
    {"rollback", "--models DIR [VERSION]",
     "make an older version current (without VERSION: the parent)", true, run_rollback},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *out)
{
    fputs("usage: roost-ml COMMAND [options]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %s\n            %s\n\n", commands[i].name, commands[i].options,
                commands[i].help);
}

static const struct option options[] = {
    {"models", required_argument, NULL, 'm'},
    {"broker", required_argument, NULL, 'b'},
    {"user", required_argument, NULL, 'u'},
    {"password-file", required_argument, NULL, 'p'},
    {"ca", required_argument, NULL, 'c'},
    {"client-id", required_argument, NULL, 'i'},
    {"metrics", required_argument, NULL, 'x'},
    {"learn-every", required_argument, NULL, 'l'},
    {"seed", required_argument, NULL, 's'},
    {"years", required_argument, NULL, 'y'},
    {"generations", required_argument, NULL, 'g'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int parse_number(const char *option, uint64_t max, uint64_t *out)
{
    if (roost_parse_uint64(optarg, strlen(optarg), out) == 0 && *out <= max)
        return 0;
    fprintf(stderr, "roost-ml: --%s: \"%s\" is no whole number from 0 to %llu\n", option, optarg,
            (unsigned long long)max);
    return EXIT_USAGE;
}

static int parse_option(struct arguments *a, int option)
{
    switch (option) {
    case 'm':
        a->models = optarg;
        return 0;
    case 'b':
        a->serve.broker = optarg;
        return 0;
    case 'u':
        a->serve.user = optarg;
        return 0;
    case 'p':
        a->serve.password_file = optarg;
        return 0;
    case 'c':
        a->serve.ca_file = optarg;
        return 0;
    case 'i':
        a->serve.client_id = optarg;
        return 0;
    case 'x':
        a->serve.metrics = optarg;
        return 0;
    case 'l':
        return parse_number("learn-every", 1000000, &a->learn_every);
    case 's':
        return parse_number("seed", 1000000, &a->seed);
    case 'y':
        return parse_number("years", 1000, &a->years);
    case 'g':
        return parse_number("generations", 1000, &a->generations);
    default:
        return EXIT_USAGE;
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .serve = {.user = "",
                  .password_file = "",
                  .ca_file = "",
                  .client_id = "roost-ml",
                  .metrics = "127.0.0.1:9109"},
        .seed = 1,
        .learn_every = 50,
    };
    const struct command *command = NULL;
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            command = &commands[i];
    }
    if (!command) {
        bool asked = argc > 1 && strcmp(argv[1], "--help") == 0;
        usage(asked ? stdout : stderr);
        return asked ? 0 : EXIT_USAGE;
    }
    int status = 0;
    optind = 2;
    for (int option; !status && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        status = parse_option(&arguments, option);
    if (!status && optind < argc && command->takes_version)
        arguments.version = argv[optind++];
    if (status || optind < argc || !arguments.models) {
        fprintf(stderr, "usage: roost-ml %s %s\n", command->name, command->options);
        return EXIT_USAGE;
    }
    return command->run(&arguments);
}
