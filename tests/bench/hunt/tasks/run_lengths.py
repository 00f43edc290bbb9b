"""A ribbon is a word of 1 to 100000 letters a to z. Each longest row of equal letters is written as the letter and its length.

Input: the word. Output: the letters and lengths without spaces, as in a3b1.
"""


def case(g):
    return [g.text(g.size(1, 100000), "ab")]


def valid(text):
    words = text.split()
    return len(words) == 1 and len(words[0]) <= 100000 and all("a" <= c <= "z" for c in words[0])


def solve(text):
    import itertools
    return "".join(f"{letter}{len(list(row))}" for letter, row in itertools.groupby(text.strip()))


SAMPLES = [
    ("aaab\n", "a3b1\n"),
    ("zzyyy\n", "z2y3\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s, out;
    cin >> s;
    for (size_t i = 0; i < s.size();) {
        size_t j = i;
        while (j < s.size() && s[j] == s[i]) j++;
        out += s[i] + to_string(j - i);
        i = j;
    }
    cout << out << endl;
}
"""

FAULTY = {
    "one-digit": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s;
    cin >> s;
    int n = s.size();
    for (int i = 0; i < n;) {
        int j = i;
        while (j < n && s[j] == s[i]) j++;
        cout << s[i] << char('0' + (j - i));
        i = j;
    }
    cout << endl;
}
""",
    "one-letter-alone": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s;
    cin >> s;
    int count = 1, n = s.size();
    for (int i = 1; i < n; i++) {
        if (s[i] == s[i - 1]) count++;
        if (s[i] != s[i - 1]) { cout << s[i - 1] << count; count = 1; }
        if (i == n - 1) cout << s[i] << count;
    }
    cout << endl;
}
""",
    "counts-the-whole-word": """word = input()
print("".join(letter + str(word.count(letter)) for letter in dict.fromkeys(word)))
""",
}
