/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least a QoS-1 consumer can do: a libmosquitto subscriber that acknowledges and stores
 * nothing. Its session stays with the broker, so that what is published while it is away waits.
 *
 *     bench-bare subscribe HOST PORT USER PASSWORD_FILE CLIENT_ID TOPIC...   subscribes and ends
 *     bench-bare drain     HOST PORT USER PASSWORD_FILE CLIENT_ID            until it is killed
 *
 * drain prints how many messages it has received so far, a line whenever that changed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mosquitto.h>

enum { ARGS_MIN = 7, KEEPALIVE_S = 60, TURN_MS = 20, PRINT_MS = 20, PASSWORD_MAX = 256 };

struct bare {
    char **topics; /* to subscribe to */
    int topic_count;
    bool subscribed;
    unsigned long received;
};

static void on_connect(struct mosquitto *client, void *ctx, int refused)
{
    struct bare *bare = ctx;

    if (refused) {
        fprintf(stderr, "bench-bare: %s\n", mosquitto_connack_string(refused));
        exit(EXIT_FAILURE);
    }
    if (bare->topic_count > 0)
        mosquitto_subscribe_multiple(client, NULL, bare->topic_count, bare->topics, 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *client, void *ctx, int mid, int count, const int *qos)
{
    (void)mid;
    for (int i = 0; i < count; i++) {
        if (qos[i] != 1) {
            fprintf(stderr, "bench-bare: subscription refused\n");
            exit(EXIT_FAILURE);
        }
    }
    ((struct bare *)ctx)->subscribed = true;
    mosquitto_disconnect(client);
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *message)
{
    (void)client;
    (void)message;
    ((struct bare *)ctx)->received++;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int read_password(char password[PASSWORD_MAX], const char *path)
{
    FILE *file = fopen(path, "re");
    bool found = file && fgets(password, PASSWORD_MAX, file);

    if (file)
        fclose(file);
    if (!found)
        return -1;
    password[strcspn(password, "\n")] = '\0';
    return 0;
}

/* Returns how the connection ended. */
static int drain(struct mosquitto *client, struct bare *bare)
{
    unsigned long printed = 0;
    uint64_t printed_ms = 0;

    for (;;) {
        int err = mosquitto_loop(client, TURN_MS, 1);
        if (err)
            return err;
        if (bare->received != printed && now_ms() - printed_ms >= PRINT_MS) {
            printed = bare->received;
            printed_ms = now_ms();
            printf("%lu\n", printed);
        }
    }
}

static int subscribe(struct mosquitto *client, struct bare *bare)
{
    int err = 0;

    while (!err && !bare->subscribed)
        err = mosquitto_loop(client, TURN_MS, 1);
    return bare->subscribed ? 0 : err;
}

int main(int argc, char **argv)
{
    struct bare bare = {.topics = argv + ARGS_MIN, .topic_count = argc - ARGS_MIN};
    char password[PASSWORD_MAX];

    if (argc < ARGS_MIN || (strcmp(argv[1], "subscribe") != 0 && strcmp(argv[1], "drain") != 0)) {
        fprintf(stderr, "usage: bench-bare subscribe|drain HOST PORT USER PASSWORD_FILE CLIENT_ID"
                        " [TOPIC...]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(argv[6], false, &bare);
    if (!client || read_password(password, argv[5]) < 0) {
        fprintf(stderr, "bench-bare: %s: cannot be read\n", argv[5]);
        return EXIT_FAILURE;
    }
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    int err = mosquitto_username_pw_set(client, argv[4], password);
    if (!err)
        err = mosquitto_connect(client, argv[2], (int)strtol(argv[3], NULL, 10), KEEPALIVE_S);
    if (!err)
        err = bare.topic_count > 0 ? subscribe(client, &bare) : drain(client, &bare);
    if (err)
        fprintf(stderr, "bench-bare: %s\n", mosquitto_strerror(err));
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
