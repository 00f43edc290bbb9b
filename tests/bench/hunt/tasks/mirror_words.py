"""A word of 1 to 5000 letters a to z. A part of it that reads the same from both ends is a mirror.

Input: the word. Output: the length of its longest mirror of letters in a row.
"""


def case(g):
    return [g.text(g.size(1, 5000), "abz")]


def valid(text):
    words = text.split()
    return len(words) == 1 and len(words[0]) <= 5000 and all("a" <= c <= "z" for c in words[0])


def solve(text):
    word = text.strip()
    parts = (word[i:j] for i in range(len(word)) for j in range(i + 1, len(word) + 1))
    return str(max(len(part) for part in parts if part == part[::-1]))


SAMPLES = [
    ("xabacus\n", "3\n"),
    ("banana\n", "5\n"),
    ("xyz\n", "1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s;
    cin >> s;
    int n = s.size(), best = 1;
    for (int c = 0; c < 2 * n; c++) {
        int l = c / 2, r = l + c % 2;
        while (l >= 0 && r < n && s[l] == s[r]) l--, r++;
        best = max(best, r - l - 1);
    }
    cout << best << endl;
}
"""

FAULTY = {
    "odd-only": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s;
    cin >> s;
    int n = s.size(), best = 1;
    for (int c = 0; c < n; c++)
        for (int k = 0; c - k >= 0 && c + k < n && s[c - k] == s[c + k]; k++) best = max(best, 2 * k + 1);
    cout << best << endl;
}
""",
    "common-with-reverse": r"""#include <bits/stdc++.h>
using namespace std;
int d[5005][5005];
int main() {
    string s;
    cin >> s;
    string r(s.rbegin(), s.rend());
    int n = s.size(), best = 0;
    for (int i = 1; i <= n; i++) for (int j = 1; j <= n; j++)
        if (s[i - 1] == r[j - 1]) best = max(best, d[i][j] = d[i - 1][j - 1] + 1);
    cout << best << endl;
}
""",
    "never-from-the-first": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    string s;
    cin >> s;
    int n = s.size(), best = 1;
    for (int i = 0; i < n; i++) for (int p = 0; p < 2; p++) {
        int l = i, r = i + p;
        while (l > 0 && r + 1 < n && s[l] == s[r] && s[l - 1] == s[r + 1]) l--, r++;
        if (r < n && s[l] == s[r] && l > 0) best = max(best, r - l + 1);
    }
    cout << best << endl;
}
""",
}
