// The peer of bench_ussd.py: npm's ussd-menu-builder behind node's own http server, balances in a Map, nothing else.
// node bench_ussd_peer.js PORT PAGES.json with {texts: three "CON ..." or "END ...", keys: two, opening, fee in hundredths}
'use strict';
const fs = require('fs');
const http = require('http');
const UssdMenu = require(require.resolve('ussd-menu-builder', { paths: [process.env.BENCH_NPM || process.cwd()] }));

const [port, file] = process.argv.slice(2);
const { texts, keys, opening, fee } = JSON.parse(fs.readFileSync(file, 'utf8'));
const balances = new Map();
const menu = new UssdMenu();
const answer = (text) => () => {
    let shown = text.slice(4);
    if (shown.includes('{balance}')) {
        const line = menu.args.phoneNumber;
        const left = (balances.has(line) ? balances.get(line) : opening) - fee;
        balances.set(line, left);
        shown = shown.replace('{balance}', (left / 100).toFixed(2));
    }
    return text.startsWith('END ') ? menu.end(shown) : menu.con(shown);
};

menu.startState({ run: answer(texts[0]), next: { [keys[0]]: 'second' } });
menu.state('second', { run: answer(texts[1]), next: { [keys[1]]: 'third' } });
menu.state('third', { run: answer(texts[2]) });
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
