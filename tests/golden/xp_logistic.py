"""Logistic regression and nearest class means by scikit-learn: writes xp_logistic.inc. Run it in this folder:
python3 xp_logistic.py (Debian's python3-sklearn, which no test needs).
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

D = 16


def noise(count, salt):
    """Numbers in [-1/2, 1/2) from a formula that the C test repeats."""
    return np.array([((i * 2654435761 + salt * 40503 + (i * i % 8191) * 524287) % 2**32) / 2**32 - 0.5 for i in range(count)])


def examples(n, K, salt):
    """Overlapping classes; the last feature is constant, the one before has another scale and place."""
    labels = np.array([(i * i + i // 3) % K for i in range(n)])
    x = 2.0 * noise(n * D, salt).reshape(n, D) + noise(K * D, 77).reshape(K, D)[labels]
    x[:, D - 2] = 50.0 * x[:, D - 2] + 700.0
    x[:, D - 1] = 2.385
    return x.astype(np.float32), labels


def show(kind, name, values):
    print(f"static const {kind} {name}[] = {{{', '.join(str(v) for v in np.ravel(values).tolist())}}};")


print("/* Made by xp_logistic.py. */")
for K, C in ((5, 1.0), (5, 0.03), (2, 1.0)):
    x, y = examples(300, K, 5)
    more, truth = examples(200, K, 6)
    scaler = StandardScaler().fit(x.astype(np.float64))
    model = LogisticRegression(C=C, tol=1e-12, max_iter=100000).fit(scaler.transform(x.astype(np.float64)), y)
    name = f"GOLDEN_{K}_{str(C).replace('.', '')}"
    show("double", name + "_WEIGHT", model.coef_)  # of two classes: the difference of their vectors
    show("double", name + "_INTERCEPT", model.intercept_)
    predicted = model.predict(scaler.transform(more.astype(np.float64)))
    show("int32_t", name + "_PREDICTED", predicted)
    print(f"static const int64_t {name}_WRONG = {int((predicted != truth).sum())};")
x, y = examples(300, 5, 5)
show("int32_t", "GOLDEN_CENTROID_PREDICTED", NearestCentroid().fit(x.astype(np.float64), y).predict(examples(200, 5, 6)[0].astype(np.float64)))
