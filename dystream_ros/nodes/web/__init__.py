"""The `web` node: a page in the browser for visitors, telepresence and operators. Protocol: docs/web_protocol.md."""
