#include <iostream>
using namespace std;

int main() {
    int n;
    cin >> n;
    long long best = 0, current = 0;
    for (int i = 0; i < n; i++) {
        long long c;
        cin >> c;
        current = max(current + c, c);
        best = max(best, current);
    }
    cout << best << endl;
    return 0;
}
