"""Parameters of the `web` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class WebSettings:
    host: str = parameter(
        "127.0.0.1",
        "Address to listen on. 127.0.0.1: browsers of this machine only. 0.0.0.0: the network; then TLS is used and a "
        "token is needed.",
    )
    port: int = parameter(8080, "TCP port.", minimum=1, maximum=65535)
    token: str = parameter(
        "",
        "What a page must know to enter, 12 characters or more. Empty: none on 127.0.0.1, elsewhere a new one at each "
        "start, which is printed.",
    )
    certificate: str = parameter(
        "", "TLS certificate, a PEM file. Empty: one is made at the first start outside 127.0.0.1, and kept."
    )
    private_key: str = parameter("", "Private key of `certificate`, a PEM file without a password.")
    host_names: str = parameter(
        "", "Further names by which browsers call this server, separated by commas, e.g. behind a proxy."
    )
    state_folder: str = parameter(
        "", "Folder of the own certificate and the recordings. Empty: dystream_ros/web in ROS_HOME (~/.ros)."
    )
    pages: int = parameter(8, "Largest number of pages at once.", minimum=1, maximum=100)
    webrtc_pages: int = parameter(
        3,
        "Largest number of pages with WebRTC, whose video is encoded for each of them; others use the fallback.",
        minimum=0,
        maximum=100,
    )
    media_path: str = parameter(
        "auto",
        "Way of pictures and sound. webrtc, websocket, or auto: WebRTC, and the WebSocket where it does not connect.",
        choices=("auto", "webrtc", "websocket"),
    )
    video_codec: str = parameter(
        "auto",
        "Codec of WebRTC video; auto: what the browser prefers of both.",
        choices=("auto", "vp8", "h264"),
    )
    ice_servers: str = parameter(
        "",
        "STUN and TURN servers for browsers in other networks: 'stun:host:port; turn:host:port user password'. Empty: "
        "none, and no other host is asked.",
    )
    camera: str = parameter(
        "", "Image topic of a camera, shown to the telepresence operator; raw or compressed. Empty: no camera."
    )
    head: str = parameter("head", "Name of the head node.")
    say_node: str = parameter("say", "Name of the say node.")
    behind: int = parameter(
        0x808080,
        "Colour behind transparent images in WebRTC video: red, green and blue as 0xRRGGBB.",
        minimum=0,
        maximum=0xFFFFFF,
    )
    recording_limit: float = parameter(
        600.0, "Duration after which a recording ends by itself.", unit="s", minimum=1.0, maximum=86400.0
    )
    frame_mark: bool = parameter(
        False, "Draw the time of each frame into the picture as black and white blocks, for measurements."
    )
