# servers.py: the server under test and its peers, each started with its access log off on a loopback port.

import http.client
import json
import os
import shutil
import socket
import time
import urllib.parse

from .process import Failure, Process

HOST = "127.0.0.1"
PASSWORD = "bench"

# The kernel ends a server whose bench has been killed: `finally` covers every other end.
LEASH = ["setpriv", "--pdeathsig", "TERM"]


class StreamMachine(Process):
    """The server under test, its release build; memory only unless it is given the settings of a store."""

    def __init__(self, bench, streams=None, arguments=(), cores=None, store=None):
        config = {
            "mode": "standalone", "port": 0, "source_port": 0, "shoutcast_port": 0, "api_port": 0,
            "bind": HOST, "api_bind": HOST, "streams": streams or {"test": stream()},
        }
        if store:
            config["store"] = store
        path = bench.write("streammachine.json", json.dumps(config))
        command = [*LEASH, bench.binary, "serve", "--config", path, *arguments]
        super().__init__("streammachine", command, cores or bench.server_cores, bench.scratch)
        ready = json.loads(self.next_ready_line())
        self.port, self.source_port = ready["port"], ready["source_port"]
        self.path = "/test"

    def next_ready_line(self):
        """Logs may share standard output; the line that counts is the JSON that says ready."""
        while True:
            line = self.read_line(60)
            if line.startswith("{") and '"ready"' in line:
                return line

    def get(self, path, gzip=False):
        """Fetches a body as it is on the wire."""
        return fetch(self.port, path, gzip)

    def archive(self, name):
        """What archive.json says of a stream."""
        return json.loads(self.get(f"/{name}/archive.json"))

    def entries(self, path):
        """The segments and the parts that a playlist lists, as absolute paths, oldest first."""
        segments, parts = [], []
        for line in self.get(path).decode().splitlines():
            if line.startswith("#EXT-X-PART:") and 'URI="' in line:
                parts.append(line.split('URI="', 1)[1].split('"', 1)[0])
            elif line and not line.startswith("#"):
                segments.append(line)
        base = f"http://{HOST}:{self.port}{path}"
        absolute = [[urllib.parse.urljoin(base, uri) for uri in uris] for uris in (segments, parts)]
        return [[uri.split(f":{self.port}", 1)[1] for uri in uris] for uris in absolute]


class Icecast(Process):
    """Debian's Icecast, with its limits raised; as root it runs as nobody, which it insists on."""

    def __init__(self, bench):
        program = find("icecast2")
        self.port = self.source_port = free_port()
        self.path = "/test"
        path = bench.write("icecast.xml", ICECAST.format(port=self.port, host=HOST, password=PASSWORD))
        user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*LEASH, *user, program, "-c", path]
        super().__init__("icecast", command, bench.server_cores, bench.scratch)
        wait_for_port(self)


class Nginx(Process):
    """Debian's nginx with one worker, serving the files of a directory with sendfile."""

    def __init__(self, bench):
        program = find("nginx")
        self.port = free_port()
        self.root = os.path.join(bench.scratch, "files")
        os.makedirs(self.root, exist_ok=True)
        path = bench.write("nginx.conf", NGINX.format(
            port=self.port, host=HOST, scratch=bench.scratch, root=self.root,
            user="user nobody nogroup;" if os.geteuid() == 0 else ""))
        command = [*LEASH, program, "-e", "/dev/null", "-c", path]
        super().__init__("nginx", command, bench.server_cores, bench.scratch)
        wait_for_port(self)

    def put(self, name, body):
        """Replaces a file as a whole."""
        path = os.path.join(self.root, name)
        with open(path + ".new", "wb") as file:
            file.write(body)
        os.replace(path + ".new", path)


class SendLoop(Process):
    """The bare C loop: what sending alone costs."""

    def __init__(self, bench):
        super().__init__("sendloop", [bench.tool("sendloop"), "128"], bench.server_cores, bench.scratch)
        self.port = json.loads(self.read_line(10))["port"]
        self.path = "/"


def stream(seconds=14400):
    return {"source_password": PASSWORD, "seconds": seconds, "burst": 10}


def find(program):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise Failure(f"{program} is not installed")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for_port(process):
    for _ in range(200):
        process.check_alive()
        try:
            socket.create_connection((HOST, process.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failure(f"{process.name} does not listen")


def fetch(port, path, gzip=False):
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip" if gzip else "identity"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failure(f"GET {path} is answered {answer.status}")
        if gzip != (answer.headers.get("Content-Encoding") == "gzip"):
            raise Failure(f"GET {path} is not answered in the encoding asked for")
        return body
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"GET {path} fails: {error or type(error).__name__}") from None
    finally:
        connection.close()


# One thread sends to all listeners of a source in Icecast 2.4; /dev/null takes its logs.
ICECAST = """<icecast>
  <limits>
    <clients>20000</clients><sources>10</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout><source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65536</burst-size>
  </limits>
  <authentication>
    <source-password>{password}</source-password><relay-password>{password}</relay-password>
    <admin-user>admin</admin-user><admin-password>{password}</admin-password>
  </authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>{port}</port><bind-address>{host}</bind-address></listen-socket>
  <fileserve>0</fileserve>
  <paths>
    <logdir>/dev</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging>
    <accesslog>null</accesslog><errorlog>null</errorlog><loglevel>1</loglevel>
  </logging>
  <security><chroot>0</chroot></security>
</icecast>
"""

NGINX = """daemon off;
{user}
worker_processes 1;
pid {scratch}/nginx.pid;
error_log /dev/null crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  keepalive_timeout 600;
  keepalive_requests 1000000000;
  default_type application/octet-stream;
  client_body_temp_path {scratch}/nginx-body;
  proxy_temp_path {scratch}/nginx-proxy;
  fastcgi_temp_path {scratch}/nginx-fastcgi;
  uwsgi_temp_path {scratch}/nginx-uwsgi;
  scgi_temp_path {scratch}/nginx-scgi;
  server {{ listen {host}:{port} backlog=4096; root {root}; }}
}}
"""
