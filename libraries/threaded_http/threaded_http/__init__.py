"""An HTTP/1.1 server in one process: a thread for each connection, plain and TLS on one port.

It hands each request to an application as a WSGI environment and sends what that answers. Whether a
request is well formed is decided by llhttp (httptools), strictly: whatever two parsers could read
in two ways is refused. It knows nothing of AWS, of LocalStack or of this project.
"""

from threaded_http.connection import Application
from threaded_http.files import FileBody
from threaded_http.limits import Limits
from threaded_http.responses import Answer
from threaded_http.server import Server

__all__ = ["Answer", "Application", "FileBody", "Limits", "Server"]
