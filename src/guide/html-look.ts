/** Two schemes, one column of text beside the list of pages; on paper the text alone. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b2026;--quiet:#5b6672;--line:#d9dee4;--paper:#fff;--shade:#f5f7f9;--accent:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaee;--quiet:#9aa6b2;--line:#343c45;--paper:#14181c;--shade:#1c2228;--accent:#7ab7f5}}
*{box-sizing:border-box}
body{margin:0;display:grid;grid-template-columns:17rem minmax(0,1fr);background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:1.5rem;border-right:1px solid var(--line);background:var(--shade)}
nav .app{font-weight:650;font-size:1.15rem;margin:0 0 1rem}
nav ul{list-style:none;padding:0;margin:1rem 0}
nav li a{display:block;padding:.3rem .5rem;border-radius:.4rem;color:inherit;text-decoration:none}
nav li a:hover,nav li a:focus-visible{background:var(--line)}
nav label{font-size:.85rem;color:var(--quiet)}
#search{width:100%;font:inherit;padding:.4rem .6rem;border:1px solid var(--line);border-radius:.4rem;background:var(--paper);color:inherit}
#found{font-size:.85rem;color:var(--quiet);min-height:1.3em;margin:.3rem 0}
main{padding:1rem 3rem 5rem;max-width:68rem}
section{border-bottom:1px solid var(--line);padding-bottom:2.5rem}
h1{font-size:1.8rem;margin:2.2rem 0 .8rem}h2{font-size:1.25rem;margin:2rem 0 .6rem}h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
h2 small,h3 small{font-weight:400;margin-left:.6rem}
a{color:var(--accent)}.cite{font-size:.8rem;color:var(--quiet)}
code{font:.9em ui-monospace,Consolas,monospace;background:var(--shade);padding:.1em .3em;border-radius:.25rem;overflow-wrap:anywhere}
td code{overflow-wrap:normal}
pre{background:var(--shade);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;overflow:auto}pre code{background:none;padding:0}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid var(--line)}th{color:var(--quiet);font-weight:600;white-space:nowrap}
.checklist{list-style:none;padding:0}.checklist label{display:flex;gap:.6rem;align-items:baseline;padding:.2rem 0}
figure{margin:1.2rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}
mark{background:#ffe08a;color:#1b2026}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media(max-width:52rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
@media print{nav,.skip{display:none}body{display:block}section{break-after:page;border:0}}
`.trim()

/** Search over headings, paragraphs, rows and list items: what does not hold every word is hidden; Enter goes to the first hit. */
export const SCRIPT = `
const input=document.getElementById('search'),found=document.getElementById('found');
const parts=[...document.querySelectorAll('main p,main li,main tr,main pre,main h2,main h3,main figure')].map(e=>({e,t:e.textContent.toLowerCase(),row:e.closest('thead')!==null}));
const sections=[...document.querySelectorAll('main section')];
function look(){const words=input.value.toLowerCase().split(/\\s+/).filter(Boolean);let n=0;
for(const p of parts){const hit=words.every(w=>p.t.includes(w));if(words.length&&hit&&!p.row)n++;p.e.hidden=words.length>0&&!hit&&!p.row}
for(const s of sections){s.hidden=words.length>0&&![...s.querySelectorAll('p,li,tbody tr,pre,h2,h3,figure')].some(e=>!e.hidden)}
for(const w of document.querySelectorAll('.wide'))w.hidden=words.length>0&&![...w.querySelectorAll('tbody tr')].some(e=>!e.hidden);
found.textContent=words.length?(n===0?'nothing found':n+(n===1?' place':' places')):''}
input.addEventListener('input',look);
input.addEventListener('keydown',e=>{if(e.key==='Escape'){input.value='';look()}if(e.key==='Enter'){const first=parts.find(p=>!p.e.hidden&&!p.row&&input.value);first?.e.scrollIntoView({block:'center'})}});
`.trim()
