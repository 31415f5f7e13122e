"""What tests call for ``bluezone``: hands the command and its streams to ``forked_commands.py``."""

import json
import os
import socket
import sys

if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(os.environ["FORKED_COMMANDS"])
        order = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()])
        socket.send_fds(connection, [order.encode()], [0, 1, 2])
        sys.exit(int(connection.recv(16)))
