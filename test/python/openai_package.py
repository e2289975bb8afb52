"""Drives a running Parley with OpenAI's Python package, unchanged: PARLEY_URL and PARLEY_TOKEN say where and as whom."""

import os

import openai

client = openai.OpenAI(
    base_url=os.environ["PARLEY_URL"] + "/v1", api_key=os.environ["PARLEY_TOKEN"], max_retries=0
)
hello = [{"role": "user", "content": "hello"}]


def check(what: str, holds: bool) -> None:
    print(("ok" if holds else "FAILED"), what)
    if not holds:
        raise SystemExit(1)


check("models", any(model.id == "ena-test" for model in client.models.list()))

whole = client.chat.completions.create(model="ena-test", messages=hello)
check("not streamed", whole.choices[0].message.content == "ena-test: hello")

chunks = list(
    client.chat.completions.create(
        model="ena-test", messages=hello, stream=True, stream_options={"include_usage": True}
    )
)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
check("streamed", text == "ena-test: hello")
check("usage", chunks[-1].usage is not None and chunks[-1].usage.total_tokens > 0)

with client.chat.completions.stream(model="ena-test", messages=hello) as stream:
    final = stream.get_final_completion()
check("stream helper", final.choices[0].message.content == "ena-test: hello")

for what, kind, ask in [
    ("unknown model", openai.NotFoundError, lambda: client.chat.completions.create(model="nobody", messages=hello)),
    ("bad request", openai.BadRequestError, lambda: client.chat.completions.create(model="ena-test", messages=[])),
    (
        "bad key",
        openai.AuthenticationError,
        lambda: client.with_options(api_key="nobody").models.list(),
    ),
]:
    try:
        ask()
        check(what, False)
    except openai.APIStatusError as error:
        body = error.body if isinstance(error.body, dict) else {}
        check(what, isinstance(error, kind) and {"message", "type", "param", "code"} <= set(body))
