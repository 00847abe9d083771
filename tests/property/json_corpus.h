/* SPDX-License-Identifier: Apache-2.0
 *
 * json_corpus.h - JSON values, valid and not, and who must take them.
 *
 * Each text is one value, to be used alone, as a member, as an element, deep inside others. A row
 * says what RFC 8259 with well-formed UTF-8 says of it (json_check must agree), whether the scanner
 * takes it where it is wanted (it looks at tokens, not into strings), and whether cJSON takes it,
 * so that every difference between the three is written down here and nowhere else.
 *
 * Thread: any.   Owns: nothing.   Tested: tests/property/test_json_corpus.c.
 */
#ifndef TOCSIN_TESTS_PROPERTY_JSON_CORPUS_H
#define TOCSIN_TESTS_PROPERTY_JSON_CORPUS_H

#include "base/str.h"

#include <stdbool.h>

struct corpus_text {
    const char *ptr;
    size_t len;
    bool valid;   /* RFC 8259 */
    bool scanned; /* by json_project, as the value of a wanted field */
    bool cjson;
};

/* TEXT(a string literal, which may hold NUL bytes; valid; scanned; cjson) */
#define CORPUS_NUMBERS(TEXT)                                                                       \
    TEXT("0", 1, 1, 1)                                                                             \
    TEXT("-0", 1, 1, 1)                                                                            \
    TEXT("1", 1, 1, 1)                                                                             \
    TEXT("-1", 1, 1, 1)                                                                            \
    TEXT("10", 1, 1, 1)                                                                            \
    TEXT("0.5", 1, 1, 1)                                                                           \
    TEXT("-0.0", 1, 1, 1)                                                                          \
    TEXT("0e0", 1, 1, 1)                                                                           \
    TEXT("1e5", 1, 1, 1)                                                                           \
    TEXT("1E+5", 1, 1, 1)                                                                          \
    TEXT("1.25e-5", 1, 1, 1)                                                                       \
    TEXT("9007199254740993", 1, 1, 1)                                                              \
    TEXT("18446744073709551616", 1, 1, 1)                                                          \
    TEXT("123456789012345678901234567890123456789012345678901234567890", 1, 1, 1)                  \
    TEXT("1e400", 1, 1, 1)                                                                         \
    TEXT("-1e400", 1, 1, 1)                                                                        \
    TEXT("1e-400", 1, 1, 1)                                                                        \
    TEXT("1e99999999999999999999", 1, 1, 1)                                                        \
    TEXT("0.000000000000000000000000000000000000000000000000000000000000000000000001", 1, 1, 1)    \
    TEXT(",", 0, 0, 0)                                                                             \
    TEXT("-", 0, 0, 0)                                                                             \
    TEXT("+1", 0, 0, 0)                                                                            \
    TEXT("01", 0, 0, 1)                                                                            \
    TEXT("-01", 0, 0, 1)                                                                           \
    TEXT("00", 0, 0, 1)                                                                            \
    TEXT("1.", 0, 0, 1)                                                                            \
    TEXT("1.e5", 0, 0, 1)                                                                          \
    TEXT(".5", 0, 0, 0)                                                                            \
    TEXT("-.5", 0, 0, 1)                                                                           \
    TEXT("1e", 0, 0, 0)                                                                            \
    TEXT("1e+", 0, 0, 0)                                                                           \
    TEXT("1e5.5", 0, 0, 0)                                                                         \
    TEXT("1.2.3", 0, 0, 0)                                                                         \
    TEXT("--1", 0, 0, 0)                                                                           \
    TEXT("1-1", 0, 0, 0)                                                                           \
    TEXT("0x10", 0, 0, 0)                                                                          \
    TEXT("1_000", 0, 0, 0)                                                                         \
    TEXT("1a", 0, 0, 0)                                                                            \
    TEXT("1 2", 0, 0, 0)                                                                           \
    TEXT("1\0", 0, 0, 1)                                                                           \
    TEXT("1\"\"", 0, 0, 0)                                                                         \
    TEXT("\xef\xbc\x91", 0, 0, 0)

#define CORPUS_WORDS(TEXT)                                                                         \
    TEXT("true", 1, 1, 1)                                                                          \
    TEXT("false", 1, 1, 1)                                                                         \
    TEXT("null", 1, 1, 1)                                                                          \
    TEXT("True", 0, 0, 0)                                                                          \
    TEXT("TRUE", 0, 0, 0)                                                                          \
    TEXT("tru", 0, 0, 0)                                                                           \
    TEXT("truefalse", 0, 0, 0)                                                                     \
    TEXT("nulll", 0, 0, 0)                                                                         \
    TEXT("nul", 0, 0, 0)                                                                           \
    TEXT("n\\u0075ll", 0, 0, 0)                                                                    \
    TEXT("NaN", 0, 0, 0)                                                                           \
    TEXT("Infinity", 0, 0, 0)                                                                      \
    TEXT("-Infinity", 0, 0, 0)                                                                     \
    TEXT("undefined", 0, 0, 0)                                                                     \
    TEXT("a", 0, 0, 0)                                                                             \
    TEXT("\0", 0, 0, 0)

/* The scanner does not look into strings: bad escapes, control bytes and bad UTF-8 are in values as
 * they came. */
#define CORPUS_STRINGS(TEXT)                                                                       \
    TEXT("\"\"", 1, 1, 1)                                                                          \
    TEXT("\"a\"", 1, 1, 1)                                                                         \
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 1, 1, 1)                                                \
    TEXT("\"\\u0041\\u00e9\\u20AC\"", 1, 1, 1)                                                     \
    TEXT("\"\\ud83d\\uDE00\"", 1, 1, 1)                                                            \
    TEXT("\"\\ud83d\"", 1, 1, 0)                                                                   \
    TEXT("\"\\ude00\"", 1, 1, 0)                                                                   \
    TEXT("\"\\ude00\\ud83d\"", 1, 1, 0)                                                            \
    TEXT("\"\\ud83d\\u0041\"", 1, 1, 0)                                                            \
    TEXT("\"\\ud83d\\ud83d\\ude00\"", 1, 1, 0)                                                     \
    TEXT("\"\\u0000\"", 1, 1, 1)                                                                   \
    TEXT("\"\\uFFFF\"", 1, 1, 1)                                                                   \
    TEXT("\"\x7f\"", 1, 1, 1)                                                                      \
    TEXT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 1, 1, 1)                                      \
    TEXT("\"\xe2\x80\xa8\xe2\x80\xa9\"", 1, 1, 1)                                                  \
    TEXT("\"\xf4\x8f\xbf\xbf\xef\xbf\xbf\"", 1, 1, 1)                                              \
    TEXT("\"{}[]:,{\\\"a\\\":1}\"", 1, 1, 1)                                                       \
    TEXT("\"/* no comment */ // none\"", 1, 1, 1)                                                  \
    TEXT("\"", 0, 0, 0)                                                                            \
    TEXT("\"a", 0, 0, 0)                                                                           \
    TEXT("\"\\\"", 0, 0, 0)                                                                        \
    TEXT("\"a\"\"b\"", 0, 0, 0)                                                                    \
    TEXT("\"a\"b", 0, 0, 0)                                                                        \
    TEXT("'a'", 0, 0, 0)                                                                           \
    TEXT("\\\"a\\\"", 0, 0, 0)                                                                     \
    TEXT("\\u0022a\\u0022", 0, 0, 0)                                                               \
    TEXT("\xe2\x80\x9c"                                                                            \
         "a"                                                                                       \
         "\xe2\x80\x9d",                                                                           \
         0, 0, 0)                                                                                  \
    TEXT("\"\\x41\"", 0, 1, 0)                                                                     \
    TEXT("\"\\'\"", 0, 1, 0)                                                                       \
    TEXT("\"\\0\"", 0, 1, 0)                                                                       \
    TEXT("\"\\u\"", 0, 1, 0)                                                                       \
    TEXT("\"\\u12\"", 0, 1, 0)                                                                     \
    TEXT("\"\\u12g4\"", 0, 1, 1)                                                                   \
    TEXT("\"\\U0041\"", 0, 1, 0)                                                                   \
    TEXT("\"a\0b\"", 0, 1, 1)                                                                      \
    TEXT("\"a\nb\"", 0, 1, 1)                                                                      \
    TEXT("\"a\tb\"", 0, 1, 1)                                                                      \
    TEXT("\"\x1f\"", 0, 1, 1)                                                                      \
    TEXT("\"\xff\"", 0, 1, 1)                                                                      \
    TEXT("\"\x80\"", 0, 1, 1)                                                                      \
    TEXT("\"\xc0\xaf\"", 0, 1, 1)                                                                  \
    TEXT("\"\xc1\x81\"", 0, 1, 1)                                                                  \
    TEXT("\"\xe0\x80\xaf\"", 0, 1, 1)                                                              \
    TEXT("\"\xf0\x80\x80\xaf\"", 0, 1, 1)                                                          \
    TEXT("\"\xed\xa0\x80\"", 0, 1, 1)                                                              \
    TEXT("\"\xf4\x90\x80\x80\"", 0, 1, 1)                                                          \
    TEXT("\"\xf8\x88\x80\x80\x80\"", 0, 1, 1)                                                      \
    TEXT("\"\xe2\x82\"", 0, 1, 1)                                                                  \
    TEXT("\"\xc3\"", 0, 1, 1)

#define CORPUS_CONTAINERS(TEXT)                                                                    \
    TEXT("{}", 1, 1, 1)                                                                            \
    TEXT("[]", 1, 1, 1)                                                                            \
    TEXT("{ }", 1, 1, 1)                                                                           \
    TEXT("[\r\n\t ]", 1, 1, 1)                                                                     \
    TEXT("[[]]", 1, 1, 1)                                                                          \
    TEXT("[{}]", 1, 1, 1)                                                                          \
    TEXT("[[],[],{},0]", 1, 1, 1)                                                                  \
    TEXT("{\"\":0}", 1, 1, 1)                                                                      \
    TEXT("{\"b\":1,\"b\":2,\"b\":[3,3]}", 1, 1, 1)                                                 \
    TEXT("{\"\\u0062\":1,\"b\":2}", 1, 1, 1)                                                       \
    TEXT("{\"b.c\":1,\"b\":{\"c\":2}}", 1, 1, 1)                                                   \
    TEXT("{\"x\":{\"y\":[1,{\"z\":[]}]},\"b\":null}", 1, 1, 1)                                     \
    TEXT("[1,[2,[3,{\"b\":[4,{\"b\":5}]}]]]", 1, 1, 1)                                             \
    TEXT("[true,false,null,\"\",0,{},[]]", 1, 1, 1)                                                \
    TEXT("{\"}\":\"{\",\"]\":\"[\",\"\\\"\":\",\"}", 1, 1, 1)                                      \
    TEXT("[", 0, 0, 0)                                                                             \
    TEXT("]", 0, 0, 0)                                                                             \
    TEXT("{", 0, 0, 0)                                                                             \
    TEXT("}", 0, 0, 0)                                                                             \
    TEXT("[1,]", 0, 0, 0)                                                                          \
    TEXT("[,1]", 0, 0, 0)                                                                          \
    TEXT("[1,,2]", 0, 0, 0)                                                                        \
    TEXT("[,]", 0, 0, 0)                                                                           \
    TEXT("[1 2]", 0, 0, 0)                                                                         \
    TEXT("[1;2]", 0, 0, 0)                                                                         \
    TEXT("[1:2]", 0, 0, 0)                                                                         \
    TEXT("[\"b\":1]", 0, 0, 0)                                                                     \
    TEXT("[1}", 0, 0, 0)                                                                           \
    TEXT("{]", 0, 0, 0)                                                                            \
    TEXT("[}", 0, 0, 0)                                                                            \
    TEXT("[[1]", 0, 0, 0)                                                                          \
    TEXT("[1]]", 0, 0, 0)                                                                          \
    TEXT("{\"b\"}", 0, 0, 0)                                                                       \
    TEXT("{\"b\":}", 0, 0, 0)                                                                      \
    TEXT("{:1}", 0, 0, 0)                                                                          \
    TEXT("{b:1}", 0, 0, 0)                                                                         \
    TEXT("{'b':1}", 0, 0, 0)                                                                       \
    TEXT("{1:1}", 0, 0, 0)                                                                         \
    TEXT("{null:1}", 0, 0, 0)                                                                      \
    TEXT("{[]:1}", 0, 0, 0)                                                                        \
    TEXT("{\"b\":1,}", 0, 0, 0)                                                                    \
    TEXT("{,\"b\":1}", 0, 0, 0)                                                                    \
    TEXT("{\"b\":1,,\"c\":2}", 0, 0, 0)                                                            \
    TEXT("{\"b\":1 \"c\":2}", 0, 0, 0)                                                             \
    TEXT("{\"b\"::1}", 0, 0, 0)                                                                    \
    TEXT("{\"b\" 1}", 0, 0, 0)                                                                     \
    TEXT("{\"b\",1}", 0, 0, 0)                                                                     \
    TEXT("{\"b\"=1}", 0, 0, 0)                                                                     \
    TEXT("{\"b\":1}}", 0, 0, 0)                                                                    \
    TEXT("{\"b\":1]", 0, 0, 0)                                                                     \
    TEXT("{\"b\":[1}]", 0, 0, 0)                                                                   \
    TEXT("{\"b\":1}x", 0, 0, 0)                                                                    \
    TEXT("{\"b\":1}{\"b\":2}", 0, 0, 0)                                                            \
    TEXT("{\"b\":1}/**/", 0, 0, 0)                                                                 \
    TEXT("{/**/\"b\":1}", 0, 0, 0)                                                                 \
    TEXT("{\"b\":1//\n}", 0, 0, 0)                                                                 \
    TEXT("#\n{}", 0, 0, 0)                                                                         \
    TEXT("\xef\xbb\xbf{\"b\":1}", 0, 0, 1)                                                         \
    TEXT("{\xef\xbb\xbf\"b\":1}", 0, 0, 0)                                                         \
    TEXT("\xff\xfe{\0}\0", 0, 0, 0)                                                                \
    TEXT("{\0\"\0b\0\"\0:\0"                                                                       \
         "1\0}\0",                                                                                 \
         0, 0, 1)                                                                                  \
    TEXT("{\"b\"\0:1}", 0, 0, 1)                                                                   \
    TEXT("{\"b\":\v1}", 0, 0, 1)                                                                   \
    TEXT("{\"b\":1\f}", 0, 0, 1)                                                                   \
    TEXT("{\"b\":\xc2\xa0"                                                                         \
         "1}",                                                                                     \
         0, 0, 0)                                                                                  \
    TEXT("{\"b\":1\x1b}", 0, 0, 1)                                                                 \
    TEXT("\v{}", 0, 0, 1)                                                                          \
    TEXT("{}\v", 0, 0, 1)                                                                          \
    TEXT("{}\0", 0, 0, 1)

#define CORPUS_ROW(text, valid, scanned, cjson) {text, sizeof(text) - 1, valid, scanned, cjson},
static const struct corpus_text corpus[] = {CORPUS_NUMBERS(CORPUS_ROW) CORPUS_WORDS(
    CORPUS_ROW) CORPUS_STRINGS(CORPUS_ROW) CORPUS_CONTAINERS(CORPUS_ROW)};
#undef CORPUS_ROW
#define CORPUS_TEXTS (sizeof corpus / sizeof corpus[0])

#endif
