// The colours of the editor: the pieces of a program, by rules that are close enough while it is typed. The classes are those of the
// server's highlighter.
const set = (words) => new Set(words.split(' '));
const raw = String.raw;
const BASE = 'break case char class const continue default do double else enum false float for if int long new null private protected public return short static super switch this throw true try catch void while';
const END = '(?![^])';
const C = raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|${END})`;
const HASH = '#[^\\n]*';
const Q = raw`"(?:\\[^]|[^"\\\n])*"?`;
const T = raw`'(?:\\[^]|[^'\\\n])*'?`;
const BACK = '`(?:\\\\[^]|[^`\\\\])*`?';
const LONG = `"""[^]*?(?:"""|${END})|${Q}|${T}`;
const AT = '@[\\w.]+';
const INCLUDE = raw`#(?<=^[ \t]*#)[^\n]*`;
// Names of the language, keywords, types, comments, strings, directives.
const GRAMMARS = [
  [/\+\+|^cpp|^cxx|^(gnu )?c(\d| |$)/, `${BASE} and concept consteval constexpr decltype delete explicit extern friend goto inline mutable namespace noexcept not nullptr operator or override requires sizeof struct template typedef typename union using virtual volatile`, 'array auto bitset bool deque int64_t ll map multiset pair priority_queue queue set size_t stack string tuple uint64_t unordered_map unordered_set unsigned vector', C, raw`R"(?<raw>[^ ()\\\n]{0,16})\([^]*?(?:\)\k<raw>"|${END})|${Q}|${T}`, INCLUDE],
  [/c#|csharp/, `${BASE} abstract as async await base finally foreach get in interface internal is namespace out override params readonly record ref sealed struct using var virtual when where yield`, 'bool byte decimal object string uint ulong', C, `[$@]+"(?:""|[^"])*"?|${Q}|${T}`, INCLUDE],
  [/type ?script|java ?script|node|^[jt]sx?$/, `${BASE} as async await delete export extends finally from function implements import in instanceof interface let of readonly type typeof undefined var yield`, 'any bigint boolean never number string unknown', C, `${BACK}|${Q}|${T}`],
  [/java/, `${BASE} abstract extends final finally implements import instanceof interface package record sealed synchronized throws var yield`, 'boolean byte', C, LONG],
  [/kotlin|scala/, 'abstract as break by case catch class companion const continue data def do else enum extends false final finally for fun given if implicit import in inline internal is lateinit lazy match new null object open operator override package private return sealed then this throw trait true try type typealias using val var when while with yield', '', C, LONG],
  [/swift/, 'as break case catch class continue default defer do else enum extension false for func guard if import in init inout is let nil private public repeat return self static struct switch throw throws true try var where while', '', C],
  [/rust/, 'as async await break const continue crate dyn else enum false fn for if impl in let loop match mod move mut pub ref return self static struct super trait true type unsafe use where while', 'bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize', C, raw`b?r(?<raw>#{0,9})"[^]*?(?:"\k<raw>|${END})|b?"(?:\\[^]|[^"\\])*"?|b?'(?:\\[^'\n]{1,9}|[^'\\\n])'`, raw`#!?\[[^\]\n]*\]?`],
  [/^go/, 'break case chan const continue default defer else fallthrough false for func go goto if import interface iota map nil package range return select struct switch true type var', 'bool byte error float64 int int32 int64 rune string uint uint64', C, `${BACK}|${Q}|${T}`],
  [/^d\b|^[ldg]dc|^dmd/, `${BASE} alias assert auto cast finally foreach foreach_reverse immutable import in interface is mixin module out override pure ref scope struct template unittest version with`, 'bool byte real size_t string ubyte uint ulong', raw`${C}|\/\+[^]*?(?:\+\/|${END})`, `${BACK}|${Q}|${T}`],
  [/py/, 'and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return True try while with yield', 'bool bytes dict float int list object set str tuple', HASH, raw`[bfruBFRU]{0,2}(?:${LONG.replace(`|${T}`, '')}|'''[^]*?(?:'''|${END})|${T})`],
  [/ruby/, 'alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true unless until when while yield', '', HASH, `${Q}|${T}|:\\w+`, '@{1,2}\\w+'],
  [/php/, `${BASE} abstract array as echo elseif extends finally fn foreach function global implements interface match namespace use var`, 'bool string', `${C}|${HASH}`, , raw`<\?php|\?>|\$\w+`],
  [/haskell|ghc/, 'case class data deriving do else forall if import in infixl infixr instance let module newtype of qualified then type where', '', raw`--[^\n]*|\{-(?!#)[^]*?(?:-\}|${END})`, `${Q}|'(?:\\\\[^'\\n]{1,6}|[^'\\\\\\n])'`, raw`\{-#[^]*?(?:#-\}|${END})`],
  [/pascal|delphi|fpc/, 'and array as begin case const div do downto else end exit for function goto if mod nil not of or procedure program record repeat set shl shr then to type unit until uses var while with xor', 'boolean byte char double extended int64 integer longint qword real string', raw`\/\/[^\n]*|\{(?!\$)[^}]*\}?|\(\*[^]*?(?:\*\)|${END})`, `'(?:''|[^'\\n])*'?`, raw`\{\$[^}]*\}?`],
];
for (const grammar of GRAMMARS) grammar.splice(1, 2, set(grammar[1]), set(grammar[2]));
const grammarOf = (name) => GRAMMARS.find(([names]) => names.test(name.trim().toLowerCase()));

// Adds the pieces of a program that follow on those that are known, as [from, to, class], until one begins beyond `end`.
function colour(grammar, program, found, end) {
  const [names, keywords, types, comments, strings = `${Q}|${T}`, directives = AT] = grammar;
  const rule = grammar.rule ??= new RegExp(
    `(?<c>${comments})|(?<p>${directives})|(?<s>${strings})`
    + raw`|(?<n>(?<![\w$])\.?\d(?:[eEpP][+-]\d|['_]?[\w.])*)|(?<w>[\p{L}_$][\p{L}\p{N}_$]*)(?<f>!?[ \t]{0,9}\()?`,
    'gmu',
  );
  rule.lastIndex = found.at(-1)?.[1] ?? 0;
  for (let match; (match = rule.exec(program)) && match.index < end;) {
    const { index, groups } = match;
    const name = names.test('pascal') ? groups.w?.toLowerCase() : groups.w;
    const kind = name === undefined ? 'cps'.split('').find((one) => groups[one]) ?? 'n'
      : keywords.has(name) ? 'k' : types.has(name) ? 't' : groups.f ? 'f' : /^[A-Z]\w*[a-z]/.test(name) ? 't' : '';
    found.push([index, index + (name ?? match[0]).length, kind]);
    if (match[0] === '') rule.lastIndex += 1;
  }
}
