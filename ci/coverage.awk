# Reads lcov's lines, writes what ci/coverage.sh prints. Variables: list (a file for the uncovered lines), least (percent).
#
# Left out are the simulator, files that are `#[cfg(test)] mod name;` somewhere, and items under `#[cfg(test)]`. The source is
# rustfmt's, so such an item ends at the first line that is not indented deeper and ends it.

function indent(text) { match(text, /^ */); return RLENGTH }

# source(file): fills text[], tests[] of its lines; returns how many
function source(file,    n, line, inside, depth) {
    n = 0
    inside = 0
    while ((getline line < file) > 0) {
        text[++n] = line
        if (!inside && line ~ /^ *#\[cfg\((all\()?test[,)]/) { inside = 1; depth = indent(line) }
        tests[n] = inside
        if (inside && line !~ /^ *#\[/ && line !~ /^ *\/\// && line != "" && indent(line) <= depth && line ~ /[};,]$/) inside = 0
    }
    close(file)
    return n
}

# test_file(file): whether the whole file is compiled for tests alone
function test_file(file) {
    if (file ~ /^src\/(sim|attacks|known_answers)(\.rs|\/)/) return 1
    for (prefix in test_modules) if (index(file, prefix ".rs") == 1 || index(file, prefix "/") == 1) return 1
    return 0
}

# Modules for tests alone, of all files.
function find_test_modules(    file, n, i, name, folder) {
    while (("git ls-files 'src/*.rs'" | getline file) > 0) {
        n = source(file)
        folder = file
        if (!sub(/\/(mod|lib)\.rs$/, "", folder)) sub(/\.rs$/, "", folder)
        for (i = 1; i <= n; i++) {
            if (tests[i] && text[i] ~ /^ *(pub(\([a-z]*\))? )?mod [a-z_]+;$/) {
                name = text[i]
                sub(/^.*mod /, "", name)
                sub(/;$/, "", name)
                test_modules[folder "/" name] = 1
            }
        }
    }
}

function finish_file(    n, i, from, named) {
    if (file == "" || test_file(file)) return
    n = source(file)
    named = 0
    for (i = 1; i <= n; i++) {
        # A check's id stands in a comment on its line or above it.
        if (text[i] ~ /\/\/ \[[A-Z]+[0-9.]+/ && !tests[i]) named = i
        if (!(i in count) || tests[i]) { if (from) { report(from, i - 1); from = 0 } continue }
        total[file]++
        if (count[i] > 0) {
            if (from) { report(from, i - 1); from = 0 }
        } else {
            missed[file]++
            if (!from) from = i
            # What is nobody's fault has a negligible probability, or is a fault of this device: no test brings it about.
            if (text[i] !~ /Chance::/) {
                if (named && i - named <= 3) checks[++unchecked] = file ":" i ": the check at line " named
                if (text[i] ~ /(Fault|Verdict|Doubt)::[A-Z]/) checks[++unchecked] = file ":" i ": " text[i]
            }
        }
        named = 0
    }
    if (from) report(from, n)
}

function report(from, to,    i) {
    printf "%s:%d\n", file, from > list
    for (i = from; i <= to; i++) printf "%5d %s\n", i, text[i] > list
}

BEGIN { find_test_modules() }
/^SF:/ {
    file = substr($0, 4)
    sub("^" root "/", "", file)
    if (file !~ /^src\//) file = ""
    split("", count)
}
/^DA:/ { split(substr($0, 4), pair, ","); count[pair[1]] = pair[2] }
/^end_of_record/ { finish_file() }
END {
    for (f in total) {
        lines += total[f]
        uncovered += missed[f]
        printf "%9d %5d  %6.2f  %s\n", missed[f], total[f], 100 - 100 * missed[f] / total[f], f | "sort -k1,1nr -k4,4"
    }
    close("sort -k1,1nr -k4,4")
    if (!lines) { print "error: no line of src/ was found"; exit 1 }
    percent = 100 - 100 * uncovered / lines
    printf "%9d %5d  %6.2f  all lines of src/, without tests and the simulator\n", uncovered, lines, percent
    for (i = 1; i <= unchecked; i++) print "error: not run: " checks[i]
    if (percent < least) printf "error: %.2f %% of the lines are run, less than %s\n", percent, least
    exit unchecked || percent < least
}
