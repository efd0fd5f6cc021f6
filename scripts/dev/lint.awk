# House rules that a compiler does not check, one C file at a time; prints file:line: what is wrong.
# It leans on the layout that clang-format guarantees: a line "{" opens a function and a line "}" ends it.

function complain(line, text) {
    print FILENAME ":" line ": " text
}

# Comments and literals would trip the searches below: cut them out. Keeps track of comments over several lines.
function bare(line,    out, c, two, i, n, quote) {
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (in_comment) {
            if (two == "*/") { in_comment = 0; i++ }
        } else if (quote != "") {
            if (c == "\\") i++
            else if (c == quote) quote = ""
        } else if (two == "/*") {
            in_comment = 1; i++
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            quote = c
        } else {
            out = out c
        }
    }
    return out
}

# Parameters in the first list of parentheses of a function's head.
function parameters(head,    i, c, depth, commas) {
    for (i = index(head, "("); i <= length(head); i++) {
        c = substr(head, i, 1)
        if (c == "(") depth++
        if (c == ")" && --depth == 0) break
        if (c == "," && depth == 1) commas++
    }
    return commas + 1
}

function check_banned(code, line,    i, name) {
    for (i = 1; i <= n_banned; i++) {
        name = banned[i]
        if (index(code, name) && match(code, "(^|[^A-Za-z0-9_.>])" name "[ ]*\\("))
            complain(line, name "() is banned: " reason[name])
    }
}

function ban(names, why,    list, i, n) {
    n = split(names, list, " ")
    for (i = 1; i <= n; i++) {
        banned[++n_banned] = list[i]
        reason[list[i]] = why
    }
}

function set_rules() {
    n_banned = 0
    ban("sprintf vsprintf strcpy strcat strncpy strncat gets", "it does not know the size; use snprintf, memcpy or rk_buf")
    ban("strtok gmtime localtime ctime asctime", "it has hidden state; use the _r form")
    ban("rand srand random drand48", "use rk_rng")
    ban("atoi atol atof", "it does not report errors; use rk_parse_*")
    ban("alloca setjmp longjmp system popen", "see CONTRIBUTING.md")
    if (FILENAME ~ /^src\//) {
        if (FILENAME != "src/base/mem.c")
            ban("malloc calloc realloc free posix_memalign aligned_alloc", "memory comes from rk_alloc or an arena")
        if (FILENAME !~ /^src\/base\/number\.c$/)
            ban("strtod strtof strtol strtoul strtoll strtoull sscanf", "the locale or the range is not minded; use rk_parse_*")
        if (FILENAME !~ /^src\/cli\//)
            ban("exit _exit abort", "only cli ends the program")
        if (FILENAME !~ /^src\/(base\/log\.c|cli\/)/)
            ban("printf perror puts putchar vprintf", "only cli writes results and only log writes stderr")
    }
}

FNR == 1 {
    in_comment = 0; head = ""; opened = 0
    set_rules()
    limit = FILENAME ~ /_avx2\.c$|\/kernel/ ? 120 : 80
    if ($0 !~ /^\/\*/)
        complain(1, "expected a head comment that says what the file is and why so")
}

/TODO|FIXME/ { complain(FNR, "unfinished business belongs into an issue") }

{
    code = bare($0)
    check_banned(code, FNR)
}

FILENAME ~ /^src\/.*\.c$/ && code ~ /stderr/ && FILENAME !~ /^src\/(base\/log\.c|cli\/)/ {
    complain(FNR, "only log writes stderr")
}

code == "{" {
    opened = FNR
    if (index(head, "(") && parameters(head) > 6)
        complain(FNR, "expected at most 6 parameters, found " parameters(head))
}

/^}/ {
    if (opened && FNR - opened + 1 > limit)
        complain(opened, "expected a function of at most " limit " lines, found " FNR - opened + 1)
    opened = 0
}

# The head of a function is what stands between two statements at file level.
{
    if (code ~ /^[ \t]*$/ || code ~ /[;}]$/ || code ~ /^#/)
        head = ""
    else
        head = head code
}

# Conditional compilation hides code from the compiler; only wrappers of libraries may need it.
FILENAME ~ /^src\/.*\.c$/ && code ~ /^#[ ]*if/ && FILENAME !~ /\/(backend|comm)\// {
    complain(FNR, "#if outside a library\047s wrapper")
}

FNR == 1001 { complain(FNR, "expected a file of at most 1000 lines") }
