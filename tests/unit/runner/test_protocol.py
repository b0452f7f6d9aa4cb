"""Frames come whole out of a pipe, in whatever pieces they went through it."""

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from defcheck.runner.engine.protocol import NOTE, PACKETS, FrameReader, send_frame, send_note


@given(
    contents=st.lists(st.tuples(st.sampled_from([NOTE, PACKETS]), st.binary(max_size=300))),
    cuts=st.lists(st.integers(1, 50), min_size=1),
)
def test_frames_come_whole_however_they_were_cut(
    contents: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    reader, writer = os.pipe()
    for kind, content in contents:
        send_frame(writer, kind, content)
    os.close(writer)
    data = b""
    while chunk := os.read(reader, 65536):
        data += chunk
    os.close(reader)
    frames, found, number = FrameReader(), [], 0
    while data:
        size = cuts[number % len(cuts)]
        found += frames.feed_data(data[:size])
        data, number = data[size:], number + 1
    assert found == contents


def test_a_note_is_json() -> None:
    reader, writer = os.pipe()
    send_note(writer, ended="a.Class", seconds=1.5)
    ((kind, content),) = FrameReader().feed_data(os.read(reader, 1000))
    os.close(reader)
    os.close(writer)
    assert kind == NOTE
    assert json.loads(content) == {"ended": "a.Class", "seconds": 1.5}
