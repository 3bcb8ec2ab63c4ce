/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/networks.h"

#include <string.h>

#include "core/err.h"

enum { VALUE_MAX = ROOST_WIFI_SSID_MAX + 1 + ROOST_WIFI_PSK_MAX };

static const char last_key[] = "w.last";

static void key_of(char key[4], int index)
{
    memcpy(key, "w.0", 4);
    key[2] = (char)('0' + index);
}

/* 5 is WPA2-enterprise, which takes more than a passphrase; below 3 anybody reads or forges. */
bool roost_wifi_safe(uint8_t encryption)
{
    return encryption == 3 || encryption == 4 || encryption == 6 || encryption == 7;
}

/* A name is bytes (IEEE 802.11, 9.4.2.2), most often UTF-8; control characters are not taken. */
static bool ssid_good(const char *ssid, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)ssid[i] < ' ' || ssid[i] == 0x7F)
            return false;
    return len > 0 && len <= ROOST_WIFI_SSID_MAX;
}

static bool psk_good(const char *psk, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (psk[i] < ' ' || psk[i] > '~')
            return false;
    return len >= ROOST_WIFI_PSK_MIN && len <= ROOST_WIFI_PSK_MAX;
}

static bool free_place(const struct roost_networks *networks, int index)
{
    return networks->list[index].ssid[0] == '\0';
}

/* "name LF passphrase" */
static bool take_value(struct roost_network *network, const char *value, size_t len)
{
    const char *feed = memchr(value, '\n', len);
    size_t ssid_len = feed ? (size_t)(feed - value) : 0;
    size_t psk_len = feed ? len - ssid_len - 1 : 0;

    if (!feed || !ssid_good(value, ssid_len) || !psk_good(feed + 1, psk_len))
        return false;
    memcpy(network->ssid, value, ssid_len);
    memcpy(network->psk, feed + 1, psk_len);
    network->ssid[ssid_len] = network->psk[psk_len] = '\0';
    return true;
}

int roost_networks_init(struct roost_networks *networks, const struct roost_kv *kv)
{
    char key[4], value[VALUE_MAX], last;
    int result = 0;

    *networks = (struct roost_networks){.kv = kv, .last = -1, .current = -1};
    for (int i = 0; i < ROOST_NETWORKS_MAX; i++) {
        key_of(key, i);
        int len = kv->ops->get(kv->ctx, key, value, sizeof value);
        if (len != ROOST_ERR_NOT_FOUND &&
            (len < 0 || !take_value(&networks->list[i], value, (size_t)len)))
            result = ROOST_ERR_IO;
    }
    int len = kv->ops->get(kv->ctx, last_key, &last, sizeof last);
    if (len == 1 && last >= '0' && last < '0' + ROOST_NETWORKS_MAX &&
        !free_place(networks, last - '0'))
        networks->last = (int8_t)(last - '0');
    else if (len < 0 && len != ROOST_ERR_NOT_FOUND)
        result = ROOST_ERR_IO;
    return result;
}

/* The place of a name; of "" the first free one. */
static int find(const struct roost_networks *networks, const char *ssid)
{
    for (int i = 0; i < ROOST_NETWORKS_MAX; i++)
        if (strcmp(networks->list[i].ssid, ssid) == 0)
            return i;
    return -1;
}

int roost_networks_add(struct roost_networks *networks, const char *ssid, const char *psk)
{
    const struct roost_kv *kv = networks->kv;
    size_t ssid_len = strlen(ssid), psk_len = strlen(psk);
    char key[4], value[VALUE_MAX];

    if (!ssid_good(ssid, ssid_len) || !psk_good(psk, psk_len))
        return ROOST_ERR_INVALID;
    int index = find(networks, ssid);
    if (index < 0)
        index = find(networks, "");
    if (index < 0)
        return ROOST_ERR_FULL;
    memcpy(value, ssid, ssid_len);
    value[ssid_len] = '\n';
    memcpy(value + ssid_len + 1, psk, psk_len);
    key_of(key, index);
    int err = kv->ops->set(kv->ctx, key, value, ssid_len + 1 + psk_len);
    if (err < 0)
        return err;
    memcpy(networks->list[index].ssid, ssid, ssid_len + 1);
    memcpy(networks->list[index].psk, psk, psk_len + 1);
    networks->tried &= (uint8_t) ~(1u << index);
    return 0;
}

int roost_networks_remove(struct roost_networks *networks, const char *ssid)
{
    const struct roost_kv *kv = networks->kv;
    int index = *ssid ? find(networks, ssid) : -1;
    char key[4];

    if (index < 0)
        return ROOST_ERR_NOT_FOUND;
    /* First what points to it: the next one in this place has not worked yet. */
    if (networks->last == index) {
        int err = kv->ops->erase(kv->ctx, last_key);
        if (err < 0)
            return err;
        networks->last = -1;
    }
    key_of(key, index);
    int err = kv->ops->erase(kv->ctx, key);
    if (err < 0)
        return err;
    memset(&networks->list[index], 0, sizeof networks->list[index]);
    networks->rssi_dbm[index] = 0;
    if (networks->current == index)
        networks->current = -1;
    return 0;
}

int roost_networks_forget(struct roost_networks *networks)
{
    int result = 0;

    for (int i = 0; i < ROOST_NETWORKS_MAX; i++) {
        int err = roost_networks_remove(networks, networks->list[i].ssid);
        if (err < 0 && err != ROOST_ERR_NOT_FOUND)
            result = err;
    }
    return result;
}

size_t roost_networks_count(const struct roost_networks *networks)
{
    size_t count = 0;

    for (int i = 0; i < ROOST_NETWORKS_MAX; i++)
        count += !free_place(networks, i);
    return count;
}

/* Before the scan: the one that worked last, or the first while none has. */
static int first_choice(const struct roost_networks *networks)
{
    if (networks->tried != 0)
        return -1;
    for (int i = 0; networks->last < 0 && i < ROOST_NETWORKS_MAX; i++)
        if (!free_place(networks, i))
            return i;
    return networks->last;
}

/* After it: the best signal among those in reach that were not tried since. */
static int best_choice(const struct roost_networks *networks)
{
    int best = -1;

    for (int i = 0; i < ROOST_NETWORKS_MAX; i++)
        if (!free_place(networks, i) && networks->rssi_dbm[i] != 0 &&
            !(networks->tried & 1u << i) &&
            (best < 0 || networks->rssi_dbm[i] > networks->rssi_dbm[best]))
            best = i;
    return best;
}

static void end_round(struct roost_networks *networks)
{
    networks->tried = 0;
    networks->scanned = false;
}

enum roost_networks_action roost_networks_next(struct roost_networks *networks,
                                               const struct roost_network **network)
{
    networks->current = -1;
    if (roost_networks_count(networks) == 0)
        return ROOST_NETWORKS_PORT;
    int choice = networks->scanned ? best_choice(networks) : first_choice(networks);
    if (choice >= 0) {
        networks->tried |= (uint8_t)(1u << choice);
        networks->current = (int8_t)choice;
        *network = &networks->list[choice];
        return ROOST_NETWORKS_CONNECT;
    }
    if (!networks->scanned)
        return ROOST_NETWORKS_SCAN;
    end_round(networks);
    return ROOST_NETWORKS_WAIT;
}

void roost_networks_scanned(struct roost_networks *networks, const struct roost_wifi_network *found,
                            size_t count)
{
    memset(networks->rssi_dbm, 0, sizeof networks->rssi_dbm);
    for (size_t n = 0; n < count; n++) {
        int index = *found[n].ssid ? find(networks, found[n].ssid) : -1;
        int8_t rssi_dbm = found[n].rssi_dbm < 0 ? found[n].rssi_dbm : -1; /* 0: not seen */
        if (index < 0)
            continue;
        if (!roost_wifi_safe(found[n].encryption))
            networks->refused_open++;
        else if (networks->rssi_dbm[index] == 0 || rssi_dbm > networks->rssi_dbm[index])
            networks->rssi_dbm[index] = rssi_dbm;
    }
    networks->scanned = true;
    networks->tried = 0; /* one that has just come back may have been tried in vain before */
}

void roost_networks_up(struct roost_networks *networks)
{
    end_round(networks);
    if (networks->current < 0 || networks->current == networks->last)
        return;
    networks->last = networks->current;
    char last = (char)('0' + networks->last);
    /* When it cannot be kept, the next boot finds this network by a scan. */
    (void)networks->kv->ops->set(networks->kv->ctx, last_key, &last, sizeof last);
}
