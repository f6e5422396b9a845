import { createServer } from 'node:net'

/** A store in a process of its own that refuses every put as soon as it comes, and closes. Its port is on standard output. */
const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', () => {
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno', () =>
      socket.destroy(),
    )
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
