"""HTTP servers that tell what came in a form: `werkzeug` or `aiohttp`. Says its port on standard error."""

import hashlib
import json
import sys


def tell(port):
    print(f"port {port}", file=sys.stderr, flush=True)


def told(fields, name, content):
    digest = hashlib.sha256(content).hexdigest()
    return json.dumps({"fields": fields, "name": name, "bytes": len(content), "sha256": digest})


def werkzeug():
    from werkzeug.serving import make_server
    from werkzeug.wrappers import Request, Response

    @Request.application
    def app(request):
        if request.authorization and request.authorization.password != "secret":
            return Response("no", status=401)
        if request.method != "POST":
            return Response("ok")
        sent = request.files["u2"]
        return Response(told(request.form.to_dict(), sent.filename, sent.read()))

    server = make_server("127.0.0.1", 0, app)
    tell(server.server_port)
    server.serve_forever()


def aiohttp():
    import asyncio
    from aiohttp import web

    async def answer(request):
        if request.headers.get("Authorization", "Basic YWRtaW46c2VjcmV0") != "Basic YWRtaW46c2VjcmV0":
            return web.Response(text="no", status=401)
        if request.method != "POST":
            # Chunked, as it has no length.
            response = web.StreamResponse()
            response.enable_chunked_encoding()
            await response.prepare(request)
            await response.write(b"o")
            await response.write(b"k")
            await response.write_eof()
            return response
        fields, name, content = {}, None, b""
        async for part in await request.multipart():
            if part.filename:
                name, content = part.filename, bytes(await part.read())
            else:
                fields[part.name] = await part.text()
        return web.Response(text=told(fields, name, content))

    async def main():
        app = web.Application(client_max_size=16 << 20)
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        tell(site._server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


globals()[sys.argv[1]]()
