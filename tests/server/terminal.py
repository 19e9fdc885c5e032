"""Runs a command at a terminal of its own, and stops it as a person at that terminal does.

    terminal.py (interrupt|byte|hangup) COMMAND...

The command is the leader of a new session. What it writes goes to the standard output. On SIGUSR1,

- interrupt: the terminal's processes get SIGINT;
- byte: Ctrl-C is typed;
- hangup: the terminal goes away.

SIGTERM is passed on to the terminal's processes. Exits as the command does, or with 99 if processes
of its session outlive it by some seconds, which are named and killed. Needs Linux.
"""

import os
import pty
import select
import signal
import sys
import time

LEFT_BEHIND = 99
# Long enough for any machine: only a fault is waited for.
PATIENCE_SECONDS = 10


def session_of(leader):
    """The command lines of a session's processes by their ids, without those that have ended."""
    processes = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                state, _, _, session = file.read().rpartition(")")[2].split()[:4]
            with open(f"/proc/{name}/cmdline") as file:
                command = file.read().replace("\0", " ")
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            processes[int(name)] = command
    return processes


def main():
    action, *command = sys.argv[1:]
    leader, terminal = pty.fork()
    if leader == 0:
        os.execvp(command[0], command)
    is_open = True

    def stop(*_):
        nonlocal is_open
        if action == "interrupt":
            os.killpg(leader, signal.SIGINT)
        elif action == "byte":
            os.write(terminal, b"\x03")
        else:
            is_open = False
            os.close(terminal)

    signal.signal(signal.SIGUSR1, stop)
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(leader, signal.SIGTERM))

    status = None
    while status is None:
        if is_open:
            copy(terminal)
        else:
            time.sleep(0.02)
        pid, result = os.waitpid(leader, os.WNOHANG)
        status = result if pid == leader else None
    while is_open and copy(terminal):
        pass

    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := session_of(leader)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid, name in left.items():
        print(f"left behind: {name}", file=sys.stderr)
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    sys.exit(LEFT_BEHIND if left else code if code >= 0 else 128 - code)


def copy(terminal):
    """Copies what the terminal shows, if there is something soon. Returns whether there was."""
    try:
        readable, _, _ = select.select([terminal], [], [], 0.02)
        data = os.read(terminal, 65536) if readable else b""
    except (OSError, ValueError):
        # It has no reader any more, or was closed meanwhile.
        return False
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return data != b""


main()
