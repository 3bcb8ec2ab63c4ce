/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of ESP-IDF's drivers as port/esp-idf's hardware drivers call, on a host and in virtual
 * time: declarations here, behaviour in chip.c. The names, and what the functions promise, are
 * ESP-IDF's; the headers beside this one have the names that the drivers include. Nothing of it is
 * built into a firmware.
 */
#ifndef ROOST_TESTS_ESP32_FAKE_IDF_H
#define ROOST_TESTS_ESP32_FAKE_IDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;
enum {
    ESP_OK = 0,
    ESP_FAIL = -1,
    ESP_ERR_NO_MEM = 0x101,
    ESP_ERR_INVALID_ARG,
    ESP_ERR_INVALID_STATE,
    ESP_ERR_INVALID_SIZE,
    ESP_ERR_NOT_FOUND,
    ESP_ERR_NOT_SUPPORTED,
    ESP_ERR_TIMEOUT
};
const char *esp_err_to_name(esp_err_t err);
#define ESP_LOGE(tag, ...) chip_log('E', tag, __VA_ARGS__)
#define ESP_LOGW(tag, ...) chip_log('W', tag, __VA_ARGS__)
#define ESP_LOGI(tag, ...) chip_log('I', tag, __VA_ARGS__)
enum { ESP_LOG_NONE };
void esp_log_level_set(const char *tag, int level);
void chip_log(char level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- esp_timer ---- */

typedef struct esp_timer *esp_timer_handle_t;
typedef struct {
    void (*callback)(void *);
    void *arg;
    int dispatch_method;
    const char *name;
    bool skip_unhandled_events;
} esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *, esp_timer_handle_t *);
esp_err_t esp_timer_start_once(esp_timer_handle_t, uint64_t us);
esp_err_t esp_timer_start_periodic(esp_timer_handle_t, uint64_t us);
esp_err_t esp_timer_stop(esp_timer_handle_t);
bool esp_timer_is_active(esp_timer_handle_t);
int64_t esp_timer_get_time(void);

/* ---- gpio ---- */

typedef int gpio_num_t;
enum { GPIO_NUM_MAX = 22 }; /* as an ESP32-C3 */
#define GPIO_IS_VALID_GPIO(pin)        ((0x3FFFFFu >> (pin)&1u) != 0)
#define GPIO_IS_VALID_OUTPUT_GPIO(pin) GPIO_IS_VALID_GPIO(pin)
typedef enum {
    GPIO_MODE_INPUT = 1,
    GPIO_MODE_OUTPUT = 2,
    GPIO_MODE_INPUT_OUTPUT = 3,
    GPIO_MODE_INPUT_OUTPUT_OD = 7
} gpio_mode_t;
typedef enum { GPIO_INTR_DISABLE, GPIO_INTR_ANYEDGE = 3 } gpio_int_type_t;
typedef enum { GPIO_PULLUP_DISABLE, GPIO_PULLUP_ENABLE } gpio_pullup_t;
typedef enum { GPIO_PULLDOWN_DISABLE, GPIO_PULLDOWN_ENABLE } gpio_pulldown_t;
typedef enum { GPIO_PULLUP_ONLY, GPIO_PULLDOWN_ONLY } gpio_pull_mode_t;
typedef struct {
    uint64_t pin_bit_mask;
    gpio_mode_t mode;
    gpio_pullup_t pull_up_en;
    gpio_pulldown_t pull_down_en;
    gpio_int_type_t intr_type;
} gpio_config_t;
esp_err_t gpio_config(const gpio_config_t *);
esp_err_t gpio_set_level(gpio_num_t, uint32_t);
int gpio_get_level(gpio_num_t);
esp_err_t gpio_set_direction(gpio_num_t, gpio_mode_t);
esp_err_t gpio_set_pull_mode(gpio_num_t, gpio_pull_mode_t);
esp_err_t gpio_set_intr_type(gpio_num_t, gpio_int_type_t);
esp_err_t gpio_install_isr_service(int);
esp_err_t gpio_isr_handler_add(gpio_num_t, void (*)(void *), void *);
esp_err_t gpio_isr_handler_remove(gpio_num_t);
extern struct chip_gpio {
    int unused;
} GPIO;
static inline void gpio_ll_set_level(struct chip_gpio *gpio, uint32_t pin, uint32_t level)
{
    (void)gpio;
    (void)gpio_set_level((gpio_num_t)pin, level);
}

/* ---- FreeRTOS ---- */

typedef int BaseType_t;
typedef struct {
    int unused;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define portENTER_CRITICAL(lock)     ((void)(lock))
#define portEXIT_CRITICAL(lock)      ((void)(lock))
#define portENTER_CRITICAL_ISR(lock) ((void)(lock))
#define portEXIT_CRITICAL_ISR(lock)  ((void)(lock))
#define portYIELD_FROM_ISR(woken)    ((void)(woken))
#define pdTRUE                       1
#define pdFALSE                      0
#define pdPASS                       1
#define portMAX_DELAY                0xFFFFFFFFu
#define pdMS_TO_TICKS(ms)            ((uint32_t)(ms))
typedef uint32_t TickType_t;
typedef struct chip_task *TaskHandle_t;
typedef struct chip_mutex *SemaphoreHandle_t;
BaseType_t xTaskCreate(void (*run)(void *), const char *name, uint32_t stack_bytes, void *arg,
                       unsigned priority, TaskHandle_t *out);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGive(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
void taskYIELD(void);
unsigned uxTaskGetStackHighWaterMark(TaskHandle_t task);
SemaphoreHandle_t xSemaphoreCreateMutex(void);
BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex);
#define IRAM_ATTR
#define RTC_NOINIT_ATTR

/* ---- soc, rmt ---- */

#define SOC_RMT_MEM_WORDS_PER_CHANNEL 48
#define SOC_PCNT_SUPPORTED            0
#define RMT_CLK_SRC_DEFAULT           0
typedef struct rmt_channel *rmt_channel_handle_t;
typedef union {
    uint32_t val;
} rmt_symbol_word_t;
typedef struct {
    rmt_symbol_word_t *received_symbols;
    size_t num_symbols;
} rmt_rx_done_event_data_t;
typedef struct {
    gpio_num_t gpio_num;
    int clk_src;
    uint32_t resolution_hz;
    size_t mem_block_symbols;
} rmt_rx_channel_config_t;
typedef struct {
    bool (*on_recv_done)(rmt_channel_handle_t, const rmt_rx_done_event_data_t *, void *);
} rmt_rx_event_callbacks_t;
typedef struct {
    uint32_t signal_range_min_ns, signal_range_max_ns;
} rmt_receive_config_t;
esp_err_t rmt_new_rx_channel(const rmt_rx_channel_config_t *, rmt_channel_handle_t *);
esp_err_t rmt_rx_register_event_callbacks(rmt_channel_handle_t, const rmt_rx_event_callbacks_t *,
                                          void *);
esp_err_t rmt_enable(rmt_channel_handle_t);
esp_err_t rmt_disable(rmt_channel_handle_t);
esp_err_t rmt_receive(rmt_channel_handle_t, void *, size_t, const rmt_receive_config_t *);

/* ---- ledc ---- */

enum {
    LEDC_LOW_SPEED_MODE,
    LEDC_CHANNEL_0 = 0,
    LEDC_CHANNEL_1,
    LEDC_TIMER_0 = 0,
    LEDC_TIMER_1,
    LEDC_AUTO_CLK = 0,
    LEDC_INTR_DISABLE = 0
};
typedef int ledc_timer_bit_t;
typedef struct {
    int speed_mode, duty_resolution, timer_num;
    uint32_t freq_hz;
    int clk_cfg;
} ledc_timer_config_t;
typedef struct {
    int gpio_num, speed_mode, channel, intr_type, timer_sel;
    uint32_t duty;
    int hpoint;
} ledc_channel_config_t;
esp_err_t ledc_timer_config(const ledc_timer_config_t *);
esp_err_t ledc_channel_config(const ledc_channel_config_t *);
esp_err_t ledc_set_duty(int, int, uint32_t);
esp_err_t ledc_update_duty(int, int);
esp_err_t ledc_stop(int, int, uint32_t);

/* ---- adc ---- */

typedef int adc_channel_t;
typedef int adc_unit_t;
enum { ADC_UNIT_1 = 0, ADC_ULP_MODE_DISABLE = 0, ADC_ATTEN_DB_12 = 3, ADC_BITWIDTH_12 = 12 };
typedef struct adc_cali *adc_cali_handle_t;
typedef struct adc_unit *adc_oneshot_unit_handle_t;
typedef struct {
    int unit_id, ulp_mode;
} adc_oneshot_unit_init_cfg_t;
typedef struct {
    int atten, bitwidth;
} adc_oneshot_chan_cfg_t;
esp_err_t adc_oneshot_io_to_channel(int, adc_unit_t *, adc_channel_t *);
esp_err_t adc_oneshot_new_unit(const adc_oneshot_unit_init_cfg_t *, adc_oneshot_unit_handle_t *);
esp_err_t adc_oneshot_config_channel(adc_oneshot_unit_handle_t, adc_channel_t,
                                     const adc_oneshot_chan_cfg_t *);
esp_err_t adc_oneshot_read(adc_oneshot_unit_handle_t, adc_channel_t, int *);
esp_err_t adc_cali_raw_to_voltage(adc_cali_handle_t, int, int *);

/* ---- i2s ---- */

typedef struct i2s_chan *i2s_chan_handle_t;
typedef struct {
    void *dma_buf;
    size_t size;
} i2s_event_data_t;
typedef bool (*i2s_isr_callback_t)(i2s_chan_handle_t, i2s_event_data_t *, void *);
typedef struct {
    i2s_isr_callback_t on_recv, on_recv_q_ovf, on_sent, on_send_q_ovf;
} i2s_event_callbacks_t;
typedef struct {
    int id, role;
    uint32_t dma_desc_num, dma_frame_num;
} i2s_chan_config_t;
typedef struct {
    uint32_t sample_rate_hz;
} i2s_std_clk_config_t;
typedef struct {
    int data_bit_width, slot_mode, slot_mask;
} i2s_std_slot_config_t;
typedef struct {
    gpio_num_t mclk, bclk, ws, dout, din;
} i2s_std_gpio_config_t;
typedef struct {
    i2s_std_clk_config_t clk_cfg;
    i2s_std_slot_config_t slot_cfg;
    i2s_std_gpio_config_t gpio_cfg;
} i2s_std_config_t;
enum {
    I2S_NUM_AUTO = -1,
    I2S_NUM_0 = 0,
    I2S_ROLE_MASTER = 0,
    I2S_GPIO_UNUSED = -1,
    I2S_STD_SLOT_LEFT = 1,
    I2S_DATA_BIT_WIDTH_32BIT = 32,
    I2S_SLOT_MODE_MONO = 1,
    I2S_SLOT_MODE_STEREO = 2
};
#define I2S_CHANNEL_DEFAULT_CONFIG(i, r)                                                           \
    {                                                                                              \
        .id = (i), .role = (r), .dma_desc_num = 6, .dma_frame_num = 240                            \
    }
#define I2S_STD_CLK_DEFAULT_CONFIG(rate)                                                           \
    {                                                                                              \
        .sample_rate_hz = (rate)                                                                   \
    }
#define I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(bits, mode)                                            \
    {                                                                                              \
        .data_bit_width = (bits), .slot_mode = (mode), .slot_mask = 3                              \
    }
esp_err_t i2s_new_channel(const i2s_chan_config_t *, i2s_chan_handle_t *tx, i2s_chan_handle_t *rx);
esp_err_t i2s_channel_init_std_mode(i2s_chan_handle_t, const i2s_std_config_t *);
esp_err_t i2s_channel_register_event_callback(i2s_chan_handle_t, const i2s_event_callbacks_t *,
                                              void *);
esp_err_t i2s_channel_reconfig_std_clock(i2s_chan_handle_t, const i2s_std_clk_config_t *);
esp_err_t i2s_channel_enable(i2s_chan_handle_t);
esp_err_t i2s_channel_disable(i2s_chan_handle_t);
esp_err_t i2s_channel_read(i2s_chan_handle_t, void *, size_t, size_t *, uint32_t ms);

/* ---- gptimer ---- */

typedef struct gptimer *gptimer_handle_t;
typedef struct {
    uint64_t count_value, alarm_value;
} gptimer_alarm_event_data_t;
typedef struct {
    int clk_src, direction;
    uint32_t resolution_hz;
} gptimer_config_t;
typedef struct {
    bool (*on_alarm)(gptimer_handle_t, const gptimer_alarm_event_data_t *, void *);
} gptimer_event_callbacks_t;
typedef struct {
    uint64_t alarm_count, reload_count;
    struct {
        uint32_t auto_reload_on_alarm : 1;
    } flags;
} gptimer_alarm_config_t;
enum { GPTIMER_CLK_SRC_DEFAULT, GPTIMER_COUNT_UP };
esp_err_t gptimer_new_timer(const gptimer_config_t *, gptimer_handle_t *);
esp_err_t gptimer_register_event_callbacks(gptimer_handle_t, const gptimer_event_callbacks_t *,
                                           void *);
esp_err_t gptimer_set_alarm_action(gptimer_handle_t, const gptimer_alarm_config_t *);
esp_err_t gptimer_enable(gptimer_handle_t);
esp_err_t gptimer_start(gptimer_handle_t);
esp_err_t gptimer_stop(gptimer_handle_t);

/* ---- i2c ---- */

typedef struct i2c_bus *i2c_master_bus_handle_t;
typedef struct i2c_device *i2c_master_dev_handle_t;
enum { I2C_CLK_SRC_DEFAULT, I2C_ADDR_BIT_LEN_7 = 0 };
typedef struct {
    int i2c_port;
    gpio_num_t sda_io_num, scl_io_num;
    int clk_source, glitch_ignore_cnt;
    struct {
        uint32_t enable_internal_pullup : 1;
    } flags;
} i2c_master_bus_config_t;
typedef struct {
    int dev_addr_length;
    uint16_t device_address;
    uint32_t scl_speed_hz;
} i2c_device_config_t;
esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *, i2c_master_bus_handle_t *);
esp_err_t i2c_master_bus_add_device(i2c_master_bus_handle_t, const i2c_device_config_t *,
                                    i2c_master_dev_handle_t *);
esp_err_t i2c_master_bus_reset(i2c_master_bus_handle_t);
esp_err_t i2c_master_transmit(i2c_master_dev_handle_t, const uint8_t *, size_t, int ms);
esp_err_t i2c_master_transmit_receive(i2c_master_dev_handle_t, const uint8_t *, size_t, uint8_t *,
                                      size_t, int ms);

/* ---- twai ---- */

typedef struct twai *twai_handle_t;
typedef enum {
    TWAI_STATE_STOPPED,
    TWAI_STATE_RUNNING,
    TWAI_STATE_BUS_OFF,
    TWAI_STATE_RECOVERING
} twai_state_t;
enum { TWAI_MODE_NORMAL = 0 };
enum {
    TWAI_ALERT_RX_DATA = 0x4,
    TWAI_ALERT_BUS_RECOVERED = 0x40,
    TWAI_ALERT_RX_QUEUE_FULL = 0x800,
    TWAI_ALERT_BUS_OFF = 0x2000
};
typedef struct {
    int controller_id;
    gpio_num_t tx_io, rx_io;
    int mode;
    uint32_t tx_queue_len, rx_queue_len, alerts_enabled;
} twai_general_config_t;
typedef struct {
    uint32_t bit_rate;
} twai_timing_config_t;
typedef struct {
    uint32_t acceptance_mask;
} twai_filter_config_t;
typedef struct {
    uint32_t extd : 1, rtr : 1;
    uint32_t identifier;
    uint8_t data_length_code;
    uint8_t data[8];
} twai_message_t;
typedef struct {
    twai_state_t state;
    uint32_t tx_error_counter, rx_error_counter, rx_missed_count, rx_overrun_count;
} twai_status_info_t;
#define TWAI_GENERAL_CONFIG_DEFAULT_V2(id, tx, rx, m)                                              \
    {                                                                                              \
        .controller_id = (id), .tx_io = (tx), .rx_io = (rx), .mode = (m), .tx_queue_len = 5,       \
        .rx_queue_len = 5                                                                          \
    }
#define TWAI_FILTER_CONFIG_ACCEPT_ALL()                                                            \
    {                                                                                              \
        .acceptance_mask = 0xFFFFFFFF                                                              \
    }
#define TWAI_TIMING_CONFIG_25KBITS()                                                               \
    {                                                                                              \
        25000                                                                                      \
    }
#define TWAI_TIMING_CONFIG_50KBITS()                                                               \
    {                                                                                              \
        50000                                                                                      \
    }
#define TWAI_TIMING_CONFIG_100KBITS()                                                              \
    {                                                                                              \
        100000                                                                                     \
    }
#define TWAI_TIMING_CONFIG_125KBITS()                                                              \
    {                                                                                              \
        125000                                                                                     \
    }
#define TWAI_TIMING_CONFIG_250KBITS()                                                              \
    {                                                                                              \
        250000                                                                                     \
    }
#define TWAI_TIMING_CONFIG_500KBITS()                                                              \
    {                                                                                              \
        500000                                                                                     \
    }
#define TWAI_TIMING_CONFIG_800KBITS()                                                              \
    {                                                                                              \
        800000                                                                                     \
    }
#define TWAI_TIMING_CONFIG_1MBITS()                                                                \
    {                                                                                              \
        1000000                                                                                    \
    }
esp_err_t twai_driver_install_v2(const twai_general_config_t *, const twai_timing_config_t *,
                                 const twai_filter_config_t *, twai_handle_t *);
esp_err_t twai_driver_uninstall_v2(twai_handle_t);
esp_err_t twai_start_v2(twai_handle_t);
esp_err_t twai_stop_v2(twai_handle_t);
esp_err_t twai_transmit_v2(twai_handle_t, const twai_message_t *, TickType_t);
esp_err_t twai_receive_v2(twai_handle_t, twai_message_t *, TickType_t);
esp_err_t twai_read_alerts_v2(twai_handle_t, uint32_t *, TickType_t);
esp_err_t twai_initiate_recovery_v2(twai_handle_t);
esp_err_t twai_get_status_info_v2(twai_handle_t, twai_status_info_t *);

/* ---- mac ---- */

enum { ESP_MAC_BASE };
esp_err_t esp_read_mac(uint8_t *, int);
#endif
