#include "expr/compiler/other_names.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/text.h"
#include "expr/functions.h"

namespace leat::expr {
namespace {

struct OtherName {
  std::string_view names;     // in lower case without `_`, between spaces
  std::string_view remedy;    // an expression
  std::string_view function;  // of the library, if it is one
};

// By the languages that people know: SQL, JavaScript, Python, Java, jq, Go.
constexpr OtherName kOtherNames[] = {
    {"length len strlen charlength characterlength cardinality arraysize arraylength", "size(x)",
     "size"},
    {"lower lowercase tolower tolowercase lcase downcase", "x.lowerAscii()", "lowerAscii"},
    {"upper uppercase toupper touppercase ucase upcase", "x.upperAscii()", "upperAscii"},
    {"substr mid substringindex", "x.substring(begin, end)", "substring"},
    {"left", "x.substring(0, n)", "substring"},
    {"right", "x.substring(size(x) - n)", "substring"},
    {"concat concatws strcat", "string(a) + string(b)", "join"},
    {"isnull isnone isnil", "x == null", ""},
    {"isnotnull notnull nonnull", "x != null", ""},
    {"coalesce ifnull nvl default ordefault getordefault orelse firstnonnull", "a ?? b", ""},
    {"nullif", "a == b ? null : a", ""},
    {"if iif iff ifelse cond choose", "condition ? a : b", ""},
    {"isset defined isdefined isabsent ispresent present haskey haskeys hasfield", "has(a.b)",
     "has"},
    {"not", "!x", ""},
    {"and", "a && b", ""},
    {"xor", "a != b", ""},
    {"mod modulo rem", "a % b", ""},
    {"div divide", "a / b", ""},
    {"add plus", "a + b", ""},
    {"sum avg mean median count countif countdistinct collectlist collectset stddev variance topk",
     "it in the `compute` of an `aggregate` step", ""},
    {"eq equals isequal", "a == b", ""},
    {"between inrange", "low <= x && x <= high", ""},
    {"currenttimestamp currenttime sysdate getdate localtimestamp unixtimestamp systime", "now()",
     "now"},
    {"today currentdate curdate", "time.truncate(now(), duration('24h'))", "time.truncate"},
    {"max", "math.greatest(a, b)", "math.greatest"},
    {"min", "math.least(a, b)", "math.least"},
    {"ceiling", "math.ceil(x)", "math.ceil"},
    {"truncate fix", "math.trunc(x)", "math.trunc"},
    {"signum", "math.sign(x)", "math.sign"},
    {"toint tointeger tolong parseint integer long int32 int64 atoi bigint strtol number", "int(x)",
     "int"},
    {"todouble tofloat parsefloat parsedouble float float64 decimal todecimal tonumber numeric "
     "real",
     "double(x)", "double"},
    {"tostring tostr str tochar varchar text", "string(x)", "string"},
    {"tobool toboolean boolean parsebool", "bool(x)", "bool"},
    {"cast convert trycast", "int(x), double(x), string(x)", ""},
    {"typeof gettype instanceof isinstance", "type(x) == string", "type"},
    {"isstring", "type(x) == string", "type"},
    {"isnumber isnumeric", "type(x) in [int, double]", "type"},
    {"isempty empty", "size(x) == 0", "size"},
    {"notempty isnotempty", "size(x) > 0", "size"},
    {"includes incl strcontains hassubstring", "x.contains(y)", "contains"},
    {"arraycontains listcontains isin inlist", "y in x", ""},
    {"instr strpos position locate charindex find indexof", "x.indexOf(y)", "indexOf"},
    {"rfind", "x.lastIndexOf(y)", "lastIndexOf"},
    {"hasprefix beginswith prefix", "x.startsWith(y)", "startsWith"},
    {"hassuffix suffix", "x.endsWith(y)", "endsWith"},
    {"replaceall gsub", "x.replace(a, b)", "replace"},
    {"regexreplace regexpreplace resub", "regex.replace(x, pattern, by)", "regex.replace"},
    {"regexextract regexpextract regexpsubstr capture", "regex.extract(x, pattern)",
     "regex.extract"},
    {"regexpextractall findall scan", "regex.extract_all(x, pattern)", "regex.extract_all"},
    {"like ilike rlike regexp regexplike regexpmatches regexmatch regexmatches match test ismatch "
     "similarto",
     "x.matches(pattern)", "matches"},
    {"strip ltrim rtrim trimspace trimstart trimend btrim", "x.trim()", "trim"},
    {"explode splitpart stringtoarray tokenize", "x.split(',')", "split"},
    {"arrayjoin implode stringagg", "x.join(',')", "join"},
    {"push append arrayappend prepend", "x + [y]", ""},
    {"at get elementat nth getitem", "x[i]", ""},
    {"head", "x[0]", "first"},
    {"tail", "x[size(x) - 1]", "last"},
    {"keys mapkeys objectkeys", "x.map(k, k)", "map"},
    {"values mapvalues", "x.map(k, x[k])", "map"},
    {"any some anymatch", "x.exists(i, condition)", "exists"},
    {"every allmatch", "x.all(i, condition)", "all"},
    {"where select grep", "x.filter(i, condition)", "filter"},
    {"foreach transform collect apply", "x.map(i, expression)", "map"},
    {"unique uniq dedupe arraydistinct", "x.distinct()", "distinct"},
    {"sorted arraysort orderby sortby", "x.sort()", "sort"},
    {"range sequence generateseries", "lists.range(n)", "lists.range"},
    {"todate date totimestamp datetime parsetimestamp parsedatetime",
     "timestamp(x), or time.parse(x, '%Y-%m-%d')", "timestamp"},
    {"strptime parsedate dateparse", "time.parse(x, '%Y-%m-%d')", "time.parse"},
    {"strftime dateformat formatdate formatdatetime formattimestamp formattime",
     "time.format(t, '%Y-%m-%d')", "time.format"},
    {"datetrunc trunctime floortime timebucket", "time.truncate(t, duration('1h'))",
     "time.truncate"},
    {"epoch tounixtime unixmillis toepoch gettime tomillis unixtime", "time.epoch_ms(t)",
     "time.epoch_ms"},
    {"fromunixtime fromepoch toinstant timestampmillis timestampms", "time.from_epoch_ms(x)",
     "time.from_epoch_ms"},
    {"dateadd adddate plusdays addtime", "t + duration('24h')", "duration"},
    {"datediff datesub timediff timestampdiff", "t1 - t2", "duration"},
    {"interval", "duration('1h')", "duration"},
    {"year", "t.getFullYear()", "getFullYear"},
    {"month", "t.getMonth() + 1", "getMonth"},
    {"day dayofmonth", "t.getDate()", "getDate"},
    {"dayofweek weekday", "t.getDayOfWeek()", "getDayOfWeek"},
    {"hour", "t.getHours()", "getHours"},
    {"minute", "t.getMinutes()", "getMinutes"},
    {"second", "t.getSeconds()", "getSeconds"},
    {"base64encode tobase64 btoa b64encode", "base64.encode(x)", "base64.encode"},
    {"base64decode frombase64 atob b64decode", "base64.decode(x)", "base64.decode"},
    {"tohex hexencode", "hex.encode(x)", "hex.encode"},
    {"fromhex unhex hexdecode", "hex.decode(x)", "hex.decode"},
    {"urlencode encodeuricomponent urlescape", "url.encode(x)", "url.encode"},
    {"urldecode decodeuricomponent urlunescape", "url.decode(x)", "url.decode"},
    {"parsejson fromjson jsondecode jsonparse jsonloads", "json.parse(x)", "json.parse"},
    {"tojson stringify jsonencode jsondumps tojsonstring", "json.print(x)", "json.print"},
    {"genrandomuuid newid uuidv4 randomuuid generateuuid guid uuid4", "uuid()", "uuid"},
    {"hash", "hash.xxh64(x), or hash.sha256(x)", "hash.xxh64"},
    {"md5hex", "hash.md5(x)", "hash.md5"},
    {"sha256hex sha2", "hash.sha256(x)", "hash.sha256"},
    {"haversine distance geodistance stdistance", "distance_km(lat1, lon1, lat2, lon2)",
     "distance_km"},
    {"cidr incidr cidrmatch ipinrange inetcontains", "net.in_cidr(ip, cidr)", "net.in_cidr"},
    {"tryparse trycatch", "try(x, y)", "try"},
};

std::string plain(std::string_view name) {
  std::string made;
  for (const char c : name)
    if (c != '_') made += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return made;
}

template <class Take>
void each_word(std::string_view words, Take take) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    take(words.substr(at, end - at));
    at = end + 1;
  }
}

const OtherName* other_name(std::string_view word) {
  for (const OtherName& other : kOtherNames) {
    bool found = false;
    each_word(other.names, [&](std::string_view one) { found |= one == word; });
    if (found) return &other;
  }
  return nullptr;
}
std::vector<std::string_view> all_other_names() {
  std::vector<std::string_view> all;
  for (const OtherName& other : kOtherNames)
    each_word(other.names, [&all](std::string_view one) { all.push_back(one); });
  return all;
}

Instead instead_of(const OtherName& other) {
  Instead made;
  made.remedy = other.remedy;
  if (!other.function.empty()) made.did_you_mean.emplace_back(other.function);
  return made;
}

// Functions of a namespace whose last part this is: `sha256` → hash.sha256.
std::vector<std::string> in_namespaces(std::string_view name) {
  std::vector<std::string> found;
  for (const Function& known : functions()) {
    const std::size_t dot = known.name.find('.');
    if (dot == std::string_view::npos || plain(known.name.substr(dot + 1)) != plain(name)) continue;
    if (found.empty() || found.back() != known.name) found.emplace_back(known.name);
  }
  return found;
}

// "equality is `==`", by what stands there.
struct Sign {
  std::string_view found;
  std::string_view remedy;
};

std::string remedy_of(const Sign* begin, const Sign* end, std::string_view found) {
  const Sign* const known =
      std::find_if(begin, end, [found](const Sign& sign) { return sign.found == found; });
  return known == end ? std::string() : std::string(known->remedy);
}

}  // namespace

Instead instead_of_function(std::string_view name, std::string_view full) {
  Instead made;
  const std::string word = plain(name);
  if (const OtherName* other = other_name(word)) return instead_of(*other);
  made.did_you_mean = in_namespaces(name);
  if (!made.did_you_mean.empty()) return made;
  std::vector<std::string_view> names;
  for (const Function& known : functions())
    if (names.empty() || names.back() != known.name) names.push_back(known.name);
  for (const std::string_view candidate : names)
    if (plain(candidate) == plain(full)) made.did_you_mean.emplace_back(candidate);
  if (made.did_you_mean.empty()) made.did_you_mean = base::nearest(full, names);
  if (!made.did_you_mean.empty()) return made;
  const std::vector<std::string> near = base::nearest(word, all_other_names(), 1);
  return near.empty() ? made : instead_of(*other_name(near[0]));
}

std::string instead_of_operator(std::string_view found, std::string_view before) {
  static constexpr Sign kSigns[] = {
      {"=", "equality is `==`"},
      {"and", "the operator is `&&`"},
      {"or", "the operator is `||`"},
      {"xor", "of two bools it is `!=`"},
      {"not", "write !(a in b)"},
      {"is", "write `a == null` or `a != null`"},
      {"like", "write a.contains('x'), a.startsWith('x') or a.matches('^x.*y$')"},
      {"contains", "write a.contains('x'), or `'x' in a` for a list"},
      {"matches", "write a.matches('x')"},
      {"between", "write `low <= a && a <= high`"},
      {"mod", "the operator is `%`"},
      {"div", "the operator is `/`"},
      {"eq", "the operator is `==`"},
      {"ne", "the operator is `!=`"},
      {"then", "a condition is written `condition ? a : b`"},
      {")", "no `(` is open for it"},
      {"]", "no `[` is open for it"},
      {"}", "no `{` is open for it"},
      {"!", "`!` stands before what it negates; unequal is `!=`"},
  };
  const std::string word = plain(found);
  if (plain(before) == "not") return "not is written `!`: !a";
  if (plain(before) == "case" || plain(before) == "when")
    return "a condition is written `condition ? a : b`";
  return remedy_of(std::begin(kSigns), std::end(kSigns), word);
}

std::string instead_of_value(std::string_view found, std::string_view before) {
  if (found == "=") return before == "!=" ? "unequal is `!=`" : "equality is `==`";
  if (found == ">" && before == "<") return "unequal is `!=`";
  if (found == "+") return "a number is written without `+`";
  if (found == "*" && before == "*") return "there is no power: write a * a";
  if (found == "?") return "a condition stands before `?`: condition ? a : b";
  return "";
}

std::string instead_of_character(std::string_view character) {
  static constexpr Sign kSigns[] = {
      {"&", "and is `&&` (of bits: math.bitAnd(a, b))"},
      {"|", "or is `||` (of bits: math.bitOr(a, b))"},
      {"^", "of bits it is math.bitXor(a, b); there is no power"},
      {"~", "of bits it is math.bitNot(a); a pattern is a.matches('x')"},
      {"$", "a field is written by its name alone: amount, user.name"},
      {"@", "a field is written by its name alone: amount, user.name"},
      {"#", "a comment begins with //"},
      {";", "an expression ends without it"},
      {"\\", "it stands inside of strings only"},
      {"“", "strings stand in ' or \""},
      {"”", "strings stand in ' or \""},
      {"„", "strings stand in ' or \""},
      {"‘", "strings stand in ' or \""},
      {"’", "strings stand in ' or \""},
      {"≤", "write <="},
      {"≥", "write >="},
      {"≠", "write !="},
      {"−", "write - (the sign of ASCII)"},
      {"–", "write - (the sign of ASCII)"},
      {"×", "write *"},
      {"÷", "write /"},
      {"\xC2\xA0", "it is a no-break space: write a space"},
  };
  const std::string remedy = remedy_of(std::begin(kSigns), std::end(kSigns), character);
  const auto first = static_cast<unsigned char>(character[0]);
  if (remedy.empty() && first >= 0xC3)
    return "names with other letters than A to Z stand in brackets: this['größe']";
  return remedy;
}

std::string instead_of_reserved(std::string_view word) {
  if (word == "if" || word == "else") return "a condition is written `condition ? a : b`";
  if (word == "for" || word == "while" || word == "loop")
    return "there are no loops: list.map(x, …), list.filter(x, …), list.all(x, …)";
  if (word == "let" || word == "var" || word == "const")
    return "a name for a value is cel.bind(name, value, expression)";
  if (word == "return") return "an expression is its value: leave `return` out";
  return "";
}

}  // namespace leat::expr
