/* SPDX-License-Identifier: Apache-2.0 */
#include "core/number.h"

#include <stdbool.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* A number as written: digits * 10^exponent. `cut` when digits beyond 64 bits were left out and one
 * of them was not zero. */
struct decimal {
    uint64_t digits;
    int64_t exponent;
    bool negative, cut;
};

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static void add_digit(struct decimal *d, char c, bool fraction)
{
    unsigned digit = (unsigned)(c - '0');
    bool full = d->cut || d->digits > UINT64_MAX / 10 - (digit > UINT64_MAX % 10);
    if (full)
        d->cut = d->cut || digit != 0;
    else
        d->digits = d->digits * 10 + digit;
    d->exponent += (full ? 1 : 0) - (fraction ? 1 : 0);
}

/* number = [ "-" ] int [ frac ] [ exp ], RFC 8259 section 6; `plain` allows what C's strtod takes
 * of decimal numbers, too. Returns the number's end, or NULL. */
static const char *scan(const char *p, const char *end, bool plain, struct decimal *d)
{
    memset(d, 0, sizeof *d);
    if (p < end && (*p == '-' || (plain && *p == '+')))
        d->negative = *p++ == '-';
    bool digits = is_digit(p, end);
    if (!digits && !plain)
        return NULL;
    if (digits && *p == '0' && !plain)
        p++;
    else
        while (is_digit(p, end))
            add_digit(d, *p++, false);
    if (p < end && *p == '.') {
        p++;
        if (!is_digit(p, end) && !(plain && digits))
            return NULL;
        digits = true;
        while (is_digit(p, end))
            add_digit(d, *p++, true);
    }
    if (!digits)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool negative = false;
        int64_t exponent = 0;
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            negative = *p++ == '-';
        if (!is_digit(p, end))
            return NULL;
        for (; is_digit(p, end); p++)
            if (exponent < INT64_MAX / 100) /* beyond any document's length: no need to go on */
                exponent = exponent * 10 + (*p - '0');
        d->exponent += negative ? -exponent : exponent;
    }
    return p;
}

static int scan_whole(const char *text, size_t len, bool plain, struct decimal *d)
{
    const char *end = scan(text, text + len, plain, d);
    return end && end == text + len ? ROOST_OK : ROOST_ERR_INVALID;
}

const char *roost_number_end(const char *text, const char *end)
{
    struct decimal d;
    return scan(text, end, false, &d);
}

/* digits * 10^exponent as an integer, or ROOST_ERR_RANGE. */
static int to_magnitude(struct decimal *d, int64_t exponent, uint64_t *out)
{
    uint64_t value = d->digits;
    if (d->cut)
        return ROOST_ERR_RANGE;
    if (value == 0)
        exponent = 0;
    for (; exponent > 0; exponent--) {
        if (value > UINT64_MAX / 10)
            return ROOST_ERR_RANGE;
        value *= 10;
    }
    for (; exponent < 0; exponent++) {
        if (value % 10 != 0)
            return ROOST_ERR_RANGE;
        value /= 10;
    }
    *out = value;
    return ROOST_OK;
}

int roost_parse_uint64(const char *text, size_t len, uint64_t *out)
{
    struct decimal d;
    uint64_t value;
    int err = scan_whole(text, len, false, &d);
    if (!err)
        err = to_magnitude(&d, d.exponent, &value);
    if (err)
        return err;
    if (d.negative && value != 0)
        return ROOST_ERR_RANGE;
    *out = value;
    return ROOST_OK;
}

int roost_parse_scaled(const char *text, size_t len, unsigned decimals, int64_t *out)
{
    struct decimal d;
    uint64_t value;
    int err = scan_whole(text, len, false, &d);
    if (!err)
        err = to_magnitude(&d, d.exponent + decimals, &value);
    if (err)
        return err;
    if (value > (uint64_t)INT64_MAX + (d.negative ? 1 : 0))
        return ROOST_ERR_RANGE;
    *out = (int64_t)(d.negative ? 0 - value : value);
    return ROOST_OK;
}

int roost_parse_int64(const char *text, size_t len, int64_t *out)
{
    return roost_parse_scaled(text, len, 0, out);
}

/* 10^n for n in 0..511; exact up to 22, as every partial product is. */
static double power_of_ten(unsigned n)
{
    static const double squares[] = {1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256};
    double power = 1.0;
    for (size_t i = 0; n != 0; i++, n >>= 1)
        if (n & 1)
            power *= squares[i];
    return power;
}

static int parse_double(const char *text, size_t len, bool plain, double *out)
{
    struct decimal d;
    int err = scan_whole(text, len, plain, &d);
    if (err)
        return err;
    double value = (double)d.digits;
    if (d.digits == 0)
        d.exponent = 0;
    if (d.exponent > 300)
        return ROOST_ERR_RANGE;
    if (d.exponent < -600) { /* below the smallest double whatever the digits */
        value = 0.0;
        d.exponent = 0;
    }
    if (d.exponent < -300) { /* in two steps: the power alone would overflow */
        value /= 1e300;
        d.exponent += 300;
    }
    if (d.exponent < 0)
        value /= power_of_ten((unsigned)-d.exponent);
    else
        value *= power_of_ten((unsigned)d.exponent);
    if (value > 1e300)
        return ROOST_ERR_RANGE;
    *out = d.negative ? -value : value;
    return ROOST_OK;
}

int roost_parse_double(const char *text, size_t len, double *out)
{
    return parse_double(text, len, false, out);
}

int roost_parse_plain_double(const char *text, size_t len, double *out)
{
    return parse_double(text, len, true, out);
}

static size_t write_magnitude(char *out, uint64_t value, unsigned decimals, bool negative)
{
    char reversed[ROOST_NUMBER_MAX];
    size_t n = 0, len = 0;
    ROOST_ASSERT(decimals <= 18);
    unsigned kept = decimals;
    for (; kept > 1 && value % 10 == 0; kept--)
        value /= 10;
    for (unsigned i = 0; i < kept; i++, value /= 10)
        reversed[n++] = (char)('0' + value % 10);
    if (kept > 0)
        reversed[n++] = '.';
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    if (negative)
        reversed[n++] = '-';
    while (n > 0)
        out[len++] = reversed[--n];
    out[len] = '\0';
    return len;
}

size_t roost_write_scaled(char *out, int64_t value, unsigned decimals)
{
    bool negative = value < 0;
    return write_magnitude(out, negative ? 0 - (uint64_t)value : (uint64_t)value, decimals,
                           negative);
}

size_t roost_write_uint64(char *out, uint64_t value)
{
    return write_magnitude(out, value, 0, false);
}

size_t roost_write_double(char *out, double value, unsigned decimals)
{
    ROOST_ASSERT(value > -9e12 && value < 9e12 && decimals <= 6);
    double scaled = value * power_of_ten(decimals);
    int64_t whole = (int64_t)scaled;
    double rest = scaled - (double)whole; /* exact: both have the same scale */
    if (rest >= 0.5)
        whole++;
    else if (rest <= -0.5)
        whole--;
    return roost_write_scaled(out, whole, decimals);
}
