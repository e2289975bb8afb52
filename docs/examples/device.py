"""A device in Python: publishes a temperature, says when it goes offline, obeys commands.

    pip install paho-mqtt
    PARLEY_USER=admin PARLEY_KEY=sk-... python device.py

PARLEY_KEY is an API key of the user (POST /api/v1/keys). PARLEY_HOST and PARLEY_MQTT_PORT say where the server is,
PARLEY_DEVICE names the device, PARLEY_COUNT ends the program after so many updates.
"""

import json
import os
import threading

import paho.mqtt.client as mqtt

user = os.environ["PARLEY_USER"]
device = os.environ.get("PARLEY_DEVICE", "thermometer")
count = int(os.environ.get("PARLEY_COUNT", "0"))
topic = f"device/{user}/{device}"
interval = [5.0]
stopped = threading.Event()


def on_connect(client, _userdata, _flags, reason_code, _properties):
    if reason_code.is_failure:
        # A key that is right is refused for a moment while the server starts: try again.
        print("refused:", reason_code, flush=True)
        return
    client.subscribe(f"{topic}/command", qos=1)
    client.publish(f"{topic}/availability", "online", qos=1)
    print("connected", flush=True)


def on_message(_client, _userdata, message):
    command = json.loads(message.payload)
    print("command:", command, flush=True)
    if isinstance(command, dict) and isinstance(command.get("interval_s"), (int, float)):
        interval[0] = max(0.1, float(command["interval_s"]))
    if command == "stop":
        stopped.set()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"{device}-example")
client.username_pw_set(user, os.environ["PARLEY_KEY"])
client.will_set(f"{topic}/availability", "offline", qos=1)
client.on_connect = on_connect
client.on_message = on_message
client.reconnect_delay_set(1, 60)
client.connect(os.environ.get("PARLEY_HOST", "127.0.0.1"), int(os.environ.get("PARLEY_MQTT_PORT", "1883")))
client.loop_start()

sent = 0
while not stopped.is_set() and (count == 0 or sent < count):
    sent += 1
    state = {"state": {"temperature": 20 + sent % 5, "sent": sent}, "name": "Thermometer", "type": "sensor"}
    # QoS 1: publish answers when the server has taken the update.
    client.publish(f"{topic}/update", json.dumps(state), qos=1).wait_for_publish(timeout=10)
    stopped.wait(interval[0] if count == 0 else 0.1)

client.publish(f"{topic}/availability", "offline", qos=1).wait_for_publish(timeout=10)
client.disconnect()
client.loop_stop()
