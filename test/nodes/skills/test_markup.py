"""Marks in a text to say."""

import pytest

from dystream_ros.nodes.skills.markup import Said, parts_of


def test_marks_of_expressions_divide_a_text():
    text = "<set expression(happy)>Hello, my name is Emy.</expression> How <b>are</b>  you?"
    assert parts_of(text) == [Said("happy", "Hello, my name is Emy."), Said("neutral", "How"), Said(None, "are"),
                              Said(None, "you?")]  # fmt: skip


@pytest.mark.parametrize("text", ["<emotion(happiness)>hi", "< Set Expression ( HAPPY ) >  hi ", "<expression(joy)>hi"])
def test_marks_are_read_as_people_write_them(text):
    assert parts_of(text) == [Said("happy", "hi")]


def test_an_expression_alone_is_a_part_and_an_empty_text_has_none():
    assert parts_of("bye<expression(sad)>") == [Said(None, "bye"), Said("sad", "")]
    assert parts_of("  <do wave>  ") == []


def test_an_expression_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no expression 'grim'.*accepted are neutral, angry"):
        parts_of("<expression(grim)>hi")
