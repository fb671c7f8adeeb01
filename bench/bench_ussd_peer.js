// The peer of bench_ussd.py: npm's ussd-menu-builder behind node's own http server, nothing else.
// node bench_ussd_peer.js PORT REPLIES.json   with REPLIES a list of three texts ("CON ..." or "END ..."): *111#, 1, 1*7
'use strict';
const fs = require('fs');
const http = require('http');
const UssdMenu = require(require.resolve('ussd-menu-builder', { paths: [process.env.BENCH_NPM || process.cwd()] }));

const [port, file] = process.argv.slice(2);
const replies = JSON.parse(fs.readFileSync(file, 'utf8'));
const menu = new UssdMenu();
const answer = (reply) => () => (reply.startsWith('END ') ? menu.end(reply.slice(4)) : menu.con(reply.slice(4)));

menu.startState({ run: answer(replies[0]), next: { 1: 'account' } });
menu.state('account', { run: answer(replies[1]), next: { 7: 'balance' } });
menu.state('balance', { run: answer(replies[2]) });
menu.on('error', (fault) => { console.error(fault); process.exit(1); });

const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
        const form = new URLSearchParams(body);
        menu.run(
            { sessionId: form.get('sessionId'), phoneNumber: form.get('phoneNumber'), serviceCode: form.get('serviceCode'), text: form.get('text') },
            (text) => {
                response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) });
                response.end(text);
            },
        );
    });
});
server.keepAliveTimeout = 120000;
server.listen(Number(port), '127.0.0.1');
