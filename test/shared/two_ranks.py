"""A script in two processes, as torchrun starts it: python two_ranks.py SCRIPT [ARGUMENT...]

torchrun itself would import torch three times. Here the two processes are forks of one that has imported it, and what
the script imports. The test of the documented command (test/lab/autoencoder) runs torchrun.
"""

import os
import runpy
import socket
import sys


def main():
    script = sys.argv[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    sys.argv = sys.argv[1:]
    run = runpy.run_path(script)["main"]
    children = []
    for rank in ("0", "1"):
        if (child := os.fork()) == 0:
            os.environ |= {"RANK": rank, "LOCAL_RANK": rank}
            run()
            os._exit(0)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


if __name__ == "__main__":
    sys.exit(main())
