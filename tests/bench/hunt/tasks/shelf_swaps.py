"""n books (1 to 100000) with the numbers 1 to n stand on a shelf in any order. A swap exchanges any two books.

Input: n; the numbers from left to right. Output: the least number of swaps that puts them into ascending order.
"""


def case(g):
    n = g.size(1, 100000)
    return [str(n), " ".join(map(str, g.perm(n)))]


def valid(text):
    try:
        n, *books = map(int, text.split())
    except ValueError:
        return False
    return 1 <= n <= 100000 and sorted(books) == list(range(1, n + 1))


def solve(text):
    n, *books = map(int, text.split())
    cycles, seen = 0, set()
    for i in range(n):
        cycles += i not in seen
        while i not in seen:
            seen.add(i)
            i = books[i] - 1
    return str(n - cycles)


SAMPLES = [
    ("4\n2 1 4 3\n", "2\n"),
    ("3\n1 3 2\n", "1\n"),
]

RIGHT = r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, swaps = 0;
    scanf("%d", &n);
    vector<int> a(n + 1);
    for (int i = 1; i <= n; i++) scanf("%d", &a[i]);
    for (int i = 1; i <= n; i++) while (a[i] != i) { swap(a[i], a[a[i]]); swaps++; }
    printf("%d\n", swaps);
}
"""

FAULTY = {
    "half-of-the-misplaced": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, wrong = 0;
    cin >> n;
    for (int i = 1; i <= n; i++) { int a; cin >> a; wrong += a != i; }
    cout << (wrong + 1) / 2 << endl;
}
""",
    "neighbours": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n;
    long long count = 0;
    cin >> n;
    vector<int> a(n);
    for (auto& x : a) cin >> x;
    for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) count += a[j] > a[i];
    cout << count << endl;
}
""",
    "one-round": r"""#include <bits/stdc++.h>
using namespace std;
int main() {
    int n, swaps = 0;
    cin >> n;
    vector<int> a(n + 1);
    for (int i = 1; i <= n; i++) cin >> a[i];
    for (int i = 1; i <= n; i++) if (a[i] != i) { swap(a[i], a[a[i]]); swaps++; }
    cout << swaps << endl;
}
""",
}
