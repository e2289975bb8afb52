/* A lamp on an ESP32 (ESP-IDF, component esp-mqtt): reports its state, obeys {"on": true}, says when it goes offline.
 * Set the four values below, call parley_start() once the network is up. Reference only: it is not built here. */

#include <stdio.h>
#include <string.h>
#include "cJSON.h"
#include "driver/gpio.h"
#include "mqtt_client.h"

#define PARLEY_URI "mqtt://192.0.2.10:1883"
#define PARLEY_USER "admin"
#define PARLEY_KEY "sk-..." /* an API key of the user, best one with the scope "device" */
#define PARLEY_DEVICE "lamp"

#define TOPIC(name) "device/" PARLEY_USER "/" PARLEY_DEVICE "/" name
#define LAMP GPIO_NUM_2

static bool on;

static void report(esp_mqtt_client_handle_t client) {
    char update[96];
    int length = snprintf(update, sizeof update, "{\"state\":{\"on\":%s},\"name\":\"Lamp\",\"type\":\"light\"}",
                          on ? "true" : "false");
    /* QoS 1, not retained: the server keeps the last state itself. */
    esp_mqtt_client_enqueue(client, TOPIC("update"), update, length, 1, 0, true);
}

static void obey(esp_mqtt_client_handle_t client, const char *data, int length) {
    cJSON *command = cJSON_ParseWithLength(data, length);
    cJSON *value = cJSON_GetObjectItem(command, "on");
    if (cJSON_IsBool(value)) {
        on = cJSON_IsTrue(value);
        gpio_set_level(LAMP, on);
        report(client);
    }
    cJSON_Delete(command);
}

static void handle(void *unused, esp_event_base_t base, int32_t id, void *data) {
    esp_mqtt_event_handle_t event = data;
    switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_CONNECTED:
        esp_mqtt_client_subscribe(event->client, TOPIC("command"), 1);
        esp_mqtt_client_enqueue(event->client, TOPIC("availability"), "online", 0, 1, 0, true);
        report(event->client);
        break;
    case MQTT_EVENT_DATA:
        /* Commands are small; one that comes in pieces is ignored. */
        if (event->data_len == event->total_data_len) obey(event->client, event->data, event->data_len);
        break;
    default:
        break; /* esp-mqtt reconnects by itself */
    }
}

void parley_start(void) {
    gpio_set_direction(LAMP, GPIO_MODE_OUTPUT);
    esp_mqtt_client_config_t config = {
        .broker.address.uri = PARLEY_URI,
        .credentials = {.username = PARLEY_USER,
                        .client_id = PARLEY_DEVICE,
                        .authentication.password = PARLEY_KEY},
        .session.last_will = {.topic = TOPIC("availability"), .msg = "offline", .qos = 1},
    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    esp_mqtt_client_register_event(client, ESP_EVENT_ANY_ID, handle, NULL);
    esp_mqtt_client_start(client);
}
