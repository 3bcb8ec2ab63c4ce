/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices, a broker and a hub with everything going wrong at random: messages repeated and late,
 * writes failing, connections lost, the hub killed. Whatever the order, the account adds up at
 * every step, and in the end each reading that a device numbered is stored exactly once. A failure
 * prints the seed that repeats it.
 */
#include "hub/ingest/test_meter_rig.h"

enum { DEVICES = 4, READINGS = 120, QUEUE = 4096, SEEDS = 60 };

/* How a device numbers: see hub/ingest/streams.h. The last three count in RAM, with a clock, with
 * one that goes back at each start, and without one, and begin with 1 whenever they start. */
enum numbering {
    PER_TOPIC,
    PER_SAMPLE,
    PER_READING,
    IN_RAM,
    IN_RAM_BACK,
    IN_RAM_PLAIN,
    NUMBERINGS
};

struct sender {
    char id[16];
    enum numbering numbering;
    uint64_t started[READINGS]; /* by sample: the first one since the device's start before it */
    uint64_t next_sample;       /* the next one to send for the first time */
    bool stored[2 * READINGS];  /* as the rows say in the end */
};

/* The broker's queue towards the hub: a message stays until it was acknowledged. */
struct queued {
    uint64_t sample; /* 0-based */
    uint64_t token;  /* 0: not handed over in this connection */
    int device;
    bool humid, gone;
    bool handed; /* in any connection: the broker says so when it does it again */
};

static struct sender senders[DEVICES];
static struct queued queue[QUEUE];
static size_t queue_first, queue_count;
static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    return fake_next_random(&rig.fake) % below;
}

static void enqueue(int device, bool humid, uint64_t sample)
{
    if (queue_count == QUEUE)
        fail_msg("seed %llu: queue too small", (unsigned long long)seed);
    queue[queue_count++] = (struct queued){.device = device, .humid = humid, .sample = sample};
}

/* The device measures both values and publishes them; now and then it repeats an older one, as
 * after a connection that broke before the acknowledgement came. */
static void measure(int device)
{
    struct sender *sender = &senders[device];
    if (sender->next_sample == READINGS)
        return;
    uint64_t sample = sender->next_sample++;
    bool starts = sample == 0 || (sender->numbering >= IN_RAM && draw(25) == 0);
    sender->started[sample] = starts ? sample : sender->started[sample - 1];
    enqueue(device, false, sample);
    enqueue(device, true, sample);
    if (draw(4) == 0)
        for (uint64_t again = sample - draw((sample < 10 ? sample : 10) + 1); again <= sample;
             again++) {
            if (again < sender->started[sample])
                continue; /* forgotten with the RAM */
            enqueue(device, false, again);
            enqueue(device, true, again);
        }
}

static uint64_t number_of(const struct sender *sender, bool humid, uint64_t sample)
{
    if (sender->numbering >= IN_RAM)
        return sample - sender->started[sample] + 1;
    return sender->numbering == PER_READING ? 2 * sample + (humid ? 2 : 1) : sample + 1;
}

static int64_t time_of(const struct sender *sender, uint64_t sample)
{
    int64_t back_ms =
        sender->numbering == IN_RAM_BACK ? (int64_t)sender->started[sample] * 100000 : 0;
    return sender->numbering == IN_RAM_PLAIN ? 0 : 1790000000000 + (int64_t)sample * 10 - back_ms;
}

/* Each reading is told apart by its value. */
static double value_of(uint64_t sample)
{
    return 20 + (double)sample / 8;
}

static void hand_over(struct queued *q)
{
    const struct sender *sender = &senders[q->device];
    q->token = rig_reading_again(sender->id, q->humid ? "out" : "in", value_of(q->sample),
                                 time_of(sender, q->sample), number_of(sender, q->humid, q->sample),
                                 q->handed);
    q->handed = true;
}

/* Takes what was acknowledged out of the queue. Tokens of lost connections mean nothing. */
static void collect_acks(void)
{
    assert_true(rig.fake.ack_count <= FAKE_ACKS);
    for (size_t a = 0; a < rig.fake.ack_count; a++)
        for (size_t i = queue_first; i < queue_count; i++)
            if (queue[i].token == rig.fake.acks[a])
                queue[i].gone = true;
    rig.fake.ack_count = 0;
    while (queue_first < queue_count && queue[queue_first].gone)
        queue_first++;
}

static void lose_connection(void)
{
    collect_acks();
    for (size_t i = queue_first; i < queue_count; i++)
        queue[i].token = 0;
}

static void deliver(size_t most)
{
    for (size_t i = queue_first; i < queue_count && most > 0 && !rig.fake.paused; i++)
        if (!queue[i].gone && queue[i].token == 0) {
            hand_over(&queue[i]);
            most--;
        }
}

static void step(void)
{
    fake_pass(&rig.fake, draw(50));
    switch (draw(10)) {
    case 0:
    case 1:
    case 2:
        measure((int)draw(DEVICES));
        break;
    case 3:
    case 4:
        deliver(draw(40));
        break;
    case 5:
    case 6:
        rig_tick();
        break;
    case 7:
        rig_pump();
        break;
    case 8:
        if (draw(3) == 0)
            rig.write_err = draw(2) ? ROOST_ERR_NO_SPACE : 0;
        break;
    default:
        if (draw(4) == 0)
            lose_connection();
        else if (draw(8) == 0) {
            lose_connection();
            rig.write_err = 0;
            rig_restart();
        }
    }
    collect_acks();
}

static void note_stored(enum series_table table, bool humid)
{
    for (int d = 0; d < DEVICES; d++) {
        const struct rig_rows *rows = rig_rows(table, senders[d].id);
        assert_true(rows->count <= 512);
        for (size_t i = 0; i < rows->count; i++) {
            uint64_t sample = (uint64_t)((rows->rows[i].value - 20) * 8);
            bool *stored = &senders[d].stored[2 * sample + humid];
            if (*stored)
                fail_msg("seed %llu: %s sample %llu stored twice", (unsigned long long)seed,
                         senders[d].id, (unsigned long long)sample);
            *stored = true;
        }
    }
}

static void run(void)
{
    memset(senders, 0, sizeof senders);
    queue_first = queue_count = 0;
    for (int d = 0; d < DEVICES; d++) {
        snprintf(senders[d].id, sizeof senders[d].id, "w%d", d);
        senders[d].numbering = (enum numbering)draw(NUMBERINGS);
    }
    for (int i = 0; i < 1500; i++) {
        step();
        if (i % 20 == 0)
            rig_check_account();
    }
    /* Everything works again: it has to come to an end. */
    rig.write_err = 0;
    for (int i = 0; i < 2000 && queue_first < queue_count; i++) {
        deliver(QUEUE);
        fake_pass(&rig.fake, 1000);
        rig_settle();
        collect_acks();
    }
    rig_check_account();
    if (queue_first < queue_count || services_waiting(&rig.services) > 0)
        fail_msg("seed %llu: %zu messages were never acknowledged", (unsigned long long)seed,
                 queue_count - queue_first);
    note_stored(SERIES_TEMPERATURE, false);
    note_stored(SERIES_HUMIDITY, true);
    for (int d = 0; d < DEVICES; d++)
        for (uint64_t s = 0; s < senders[d].next_sample; s++)
            if (!senders[d].stored[2 * s] || !senders[d].stored[2 * s + 1])
                fail_msg("seed %llu: %s sample %llu is not stored", (unsigned long long)seed,
                         senders[d].id, (unsigned long long)s);
}

static void each_reading_is_stored_exactly_once(void **state)
{
    for (seed = 1; seed <= SEEDS; seed++) {
        assert_int_equal(rig_set_up(state), 0);
        rig.fake.random = seed;
        run();
        rig_tear_down(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_reading_is_stored_exactly_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
