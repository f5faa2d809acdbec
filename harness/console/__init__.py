"""The console: one web page on 127.0.0.1 that shows a target live.

server.py puts it together; guard.py decides which requests are answered; feed.py looks at the
target for all open tabs at once; each page has a module of its own here and one in static/. What
changes something is a command that exists already, such as redrive.
"""
