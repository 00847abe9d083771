#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""doc_examples.py - the examples of the documentation are right.

Called: doc_examples.py TOCSIN FOLDER PAGE... In a page,
  ```yaml     is a rule file that loads without a problem. Parts of one (tocsin:, detection:,
              correlation:, filter:) get what they need for that; rules that a correlation or a
              filter names are made up, unless the block has them.
  ```console  is a terminal: what follows `$ command` is what it prints. All of a page's run in one
              folder, in which `tocsin` is the program.
Test files (tests:, events:, true_positive:) are left out. A line before the fence changes that:
  <!-- file: NAME -->      the block is also written as NAME into the folder of the terminals
  <!-- example: none -->   not an example: it has dots for what is left out
"""
import os
import re
import subprocess
import sys

TEST_KEYS = {'tests', 'events', 'true_positive'}
STUB = 'logsource: {product: aws, service: cloudtrail}\n'
DETECTION = 'detection:\n  made_up:\n    eventName: CreateUser\n  condition: made_up\n'


def blocks(page):
    """(line, language, marker, text) of each fence."""
    language, marker, start, lines = None, '', 0, []
    for number, line in enumerate(open(page, encoding='utf-8'), 1):
        fence = re.match(r'^```(\w*)', line)
        if fence and language is None:
            language, start, lines = fence.group(1), number, []
        elif fence:
            yield start, language, marker, ''.join(lines)
            language, marker = None, ''
        elif language is not None:
            lines.append(line)
        elif line.strip():
            found = re.match(r'^<!-- (.*) -->$', line.strip())
            marker = found.group(1) if found else ''


def keys(document):
    return re.findall(r'^([\w-]+):', document, re.M)


def names(document):
    """The rules that a correlation or a filter names."""
    inline = re.findall(r'^ +rules: *\[(.*?)\]', document, re.M)
    found = [name.strip() for part in inline for name in part.split(',')]
    for part in re.findall(r'^( +)rules: *(?:#.*)?\n((?:\1 *- .*\n)+)', document, re.M):
        found += [re.sub(r' *#.*', '', item).strip() for item in re.findall(r'- (.*)', part[1])]
    return [name for name in found if name and name != 'any']


def complete(document):
    """A document with what a part lacks."""
    has = keys(document)
    if 'placeholders' in has or 'transformations' in has or 'action' in has:
        return document
    if 'title' not in has:
        document = 'title: Example\n' + document
    whole = any(key in has for key in ('detection', 'correlation', 'filter'))
    if not whole:
        document += DETECTION
    if 'logsource' not in has and 'correlation' not in has:
        document += STUB
    if 'detection' in has and not re.search(r'^ +condition:', document, re.M):
        selection = re.search(r'^detection:\n +([\w.]+):', document, re.M).group(1)
        document = re.sub(r'^detection:\n', f'detection:\n  condition: {selection}\n', document,
                          flags=re.M)
        indent = re.search(rf'^( +){re.escape(selection)}:', document, re.M).group(1)
        document = re.sub(r'^  condition:', f'{indent}condition:', document, flags=re.M)
    return document


def rule_file(text):
    documents = [complete(part) for part in re.split(r'^---\n', text, flags=re.M)]
    named = [name for document in documents for name in names(document)]
    there = re.findall(r'^(?:name|id): *([\w-]+)', text, re.M)
    for name in dict.fromkeys(named):
        if name not in there:
            documents.append(f'title: Made up {name}\nname: {name}\n{STUB}{DETECTION}')
    placeholders = set(re.findall(r'%([\w.-]+)%', text)) - set(re.findall(r'^  ([\w.-]+):', text, re.M))
    if placeholders:
        documents.append('placeholders:\n' + ''.join(f'  {name}: x\n' for name in placeholders))
    return '---\n'.join(documents)


def check_yaml(tocsin, folder, text):
    path = os.path.join(folder, 'example.yml')
    with open(path, 'w', encoding='utf-8') as out:
        out.write(rule_file(text))
    done = subprocess.run([tocsin, 'rules', 'check', '--strict', path], capture_output=True,
                          text=True, check=False)
    os.remove(path)
    return '' if done.returncode == 0 else done.stdout + done.stderr


def check_console(folder, text):
    """Runs the commands one by one, and compares what they print."""
    wrong = ''
    for part in re.split(r'^\$ ', text, flags=re.M)[1:]:
        lines = part.splitlines(keepends=True)
        count = 1
        while count < len(lines) and lines[count].startswith('> '):
            count += 1
        command = lines[0] + ''.join(line[2:] for line in lines[1:count])
        want = ''.join(lines[count:])
        done = subprocess.run(['bash', '-c', command], cwd=folder, capture_output=True, text=True,
                              check=False, timeout=60)
        if done.stdout + done.stderr != want:
            wrong += f'$ {command}--- the page says\n{want}--- it prints\n{done.stdout}{done.stderr}'
    return wrong


def main():
    tocsin, folder, pages = sys.argv[1], sys.argv[2], sys.argv[3:]
    failures = examples = 0
    os.environ['PATH'] = os.path.dirname(os.path.abspath(tocsin)) + ':' + os.environ['PATH']
    for page in pages:
        work = os.path.join(folder, os.path.basename(page))
        os.mkdir(work)
        for line, language, marker, text in blocks(page):
            wrong = ''
            if marker.startswith('file: '):
                with open(os.path.join(work, marker[6:]), 'w', encoding='utf-8') as out:
                    out.write(text)
            is_rule = not TEST_KEYS & set(keys(text)) and marker != 'example: none'
            if language == 'yaml' and is_rule:
                wrong = check_yaml(tocsin, work, text)
            elif language == 'console':
                wrong = check_console(work, text)
            else:
                continue
            examples += 1
            if wrong:
                failures += 1
                print(f'FAILED: {page}:{line}:\n{wrong}')
    print(f'{examples} examples, {failures} wrong')
    sys.exit(1 if failures or examples == 0 else 0)


main()
