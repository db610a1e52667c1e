"""Subscriptions that a thread of their own waits for, beside the executor of the node."""

import threading
import time
import types

import pytest
import rclpy.executors
from patience import PATIENCE
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String, UInt32

from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports


class Sink:
    """Numbers that a callback received, and the thread that called it."""

    def __init__(self):
        self.numbers = []
        self.threads = set()
        self.changed = threading.Condition()

    def take(self, message):
        with self.changed:
            self.numbers.append(int(message.data))
            self.threads.add(threading.current_thread())
            self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.numbers) >= count, PATIENCE), self.numbers


@pytest.fixture
def node(graph):
    context = Context()
    context.init(domain_id=graph.domain)
    made = RunnableNode("receiver", context=context, start_parameter_services=False)
    made.reports = Reports(made.get_logger())
    yield made
    made.destroy_node()
    context.try_shutdown()


def subscribe(node, topic, callback, kind=UInt32):
    return node.create_subscription(kind, topic, callback, 1000, callback_group=node.messages)


def publisher(graph, topic, kind=UInt32, sender=None):
    made = (sender or graph.node).create_publisher(kind, topic, 1000)
    graph.until(lambda: made.get_subscription_count() == 1, f"a subscriber of {topic}")
    return made


def send(output, numbers, kind=UInt32):
    for number in numbers:
        output.publish(kind(data=number if kind is UInt32 else str(number)))


def test_each_message_arrives_once_in_order_beside_an_executor_that_sleeps(graph, node, monkeypatch):
    waits = []

    def counted(*sizes):
        waits.append(sizes)
        return original.WaitSet(*sizes)

    original = rclpy.executors._rclpy
    sink = Sink()
    subscribe(node, "numbers", sink.take)
    output = publisher(graph, "numbers")
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    monkeypatch.setattr(rclpy.executors, "_rclpy", types.SimpleNamespace(**vars(original) | {"WaitSet": counted}))
    stopped = threading.Event()

    def spin():
        while not stopped.is_set():
            executor.spin_once(timeout_sec=0.1)

    spinning = threading.Thread(target=spin)
    spinning.start()
    for begin in range(0, 500, 50):
        send(output, range(begin, begin + 50))
        sink.wait(begin + 50)
    stopped.set()
    spinning.join()
    executor.remove_node(node)
    assert sink.numbers == list(range(500))
    assert sink.threads.isdisjoint({spinning, threading.main_thread()})
    assert len(sink.threads) == 1
    # An executor that also waited for the readers would wake with every message.
    assert len(waits) < 250


def test_a_subscription_is_replaced_by_one_of_another_type_while_messages_arrive(graph, node):
    numbers, texts = Sink(), Sink()
    first = subscribe(node, "changing", numbers.take)
    with graph.stranger() as sender:  # one participant cannot have two types on one topic
        output = publisher(graph, "changing", sender=sender)
        send(output, range(20))
        numbers.wait(1)
        node.destroy_subscription(first)
        graph.until(lambda: output.get_subscription_count() == 0, "the subscription to be gone")
    subscribe(node, "changing", texts.take, String)
    with graph.stranger() as sender:
        output = publisher(graph, "changing", String, sender)
        send(output, range(20), String)
        texts.wait(20)
    assert texts.numbers == list(range(20))


def test_a_callback_may_end_its_own_subscription(graph, node):
    sink = Sink()

    def once(message):
        node.destroy_subscription(subscription)
        sink.take(message)

    subscription = subscribe(node, "once", once)
    output = publisher(graph, "once")
    send(output, range(5))
    sink.wait(1)
    graph.until(lambda: output.get_subscription_count() == 0, "the subscription to be gone")
    assert sink.numbers == [0]


def test_a_callback_that_fails_is_counted_and_the_next_message_arrives(graph, node):
    sink = Sink()

    def picky(message):
        if message.data == 0:
            raise ValueError("zero")
        sink.take(message)

    subscribe(node, "picky", picky)
    send(publisher(graph, "picky"), range(3))
    sink.wait(2)
    assert sink.numbers == [1, 2]
    assert node.reports.counts() == {"callback_failures": 1}


def test_it_ends_with_its_node(graph, node):
    subscribe(node, "ending", lambda _: None)
    threads = {thread for thread in threading.enumerate() if thread.name == "messages"}
    node.destroy_node()
    assert threads
    assert not any(thread.is_alive() for thread in threads)


def test_messages_that_come_while_it_rests_are_called_together_with_the_times_of_their_arrival(graph, node):
    calls = []
    enough = threading.Event()

    def take(message):
        calls.append((message.data, node.messages.received_ns, time.monotonic_ns()))
        if message.data == 20:
            enough.set()

    subscribe(node, "resting", take)
    output = publisher(graph, "resting")
    node.messages.rest = lambda: 0.05
    sent = []
    for number in range(21):
        sent.append(time.monotonic_ns())
        send(output, [number])
        time.sleep(0.01)  # the rate of a microphone
    assert enough.wait(30.0)
    assert [data for data, _, _ in calls] == list(range(21))
    # Not earlier than it was sent, by the resolution of two clocks, and in order.
    assert all(received > begun - 1_000_000 for begun, (_, received, _) in zip(sent, calls))
    assert all(received <= called for _, received, called in calls)
    ages = [called - received for _, received, called in calls[1:]]
    assert max(ages) > 15_000_000


def test_messages_behind_one_that_ends_its_subscription_are_not_called(graph, node):
    numbers = []
    ended = threading.Event()

    def take(message):
        numbers.append(message.data)
        if message.data == 1:
            node.destroy_subscription(subscription)
            ended.set()

    subscription = subscribe(node, "ended", take)
    output = publisher(graph, "ended")
    node.messages.rest = lambda: 0.05
    send(output, range(6))
    assert ended.wait(30.0)
    graph.until(lambda: output.get_subscription_count() == 0, "the subscription to be gone")
    assert numbers == [0, 1]
