"""A classifier small enough to know by heart, in three languages."""

from matching.codes.classify import Classifier
from matching.codes.examples import Example, Examples
from matching.codes.index import Index
from matching.codes.notes import Notes
from registry.classifiers.models import Scheme
from registry.classifiers.tree import Node, Tree

# key, parent, code, ru, kk, en
_ROWS = (
    ("iv", None, None, "Раздел IV. ГОТОВЫЕ ПИЩЕВЫЕ ПРОДУКТЫ", "IV бөлім. ДАЙЫН ТАМАҚ", "Section IV. Prepared food"),
    ("19", "iv", "19", "ГОТОВЫЕ ПРОДУКТЫ ИЗ ЗЕРНА", "АСТЫҚТАН ЖАСАЛҒАН ӨНІМДЕР", "Preparations of cereals"),
    ("1905", "19", "1905", "Хлеб, печенье, пирожные", "Нан, печенье, тәттілер", "Bread, biscuits, pastry"),
    ("1905100000", "1905", "1905100000", "хлебцы хрустящие", "қытырлақ нан", "crispbread"),
    ("1905900000", "1905", "1905900000", "прочие", "өзгелері", "other"),
    ("23", "iv", "23", "ОСТАТКИ И ОТХОДЫ; КОРМА", "ҚАЛДЫҚТАР; АЗЫҚ", "Residues; animal feed"),
    ("2309", "23", "2309", "Продукты для кормления животных", "Жануарлар азығы", "Animal feed preparations"),
    ("2309100000", "2309", "2309100000", "корм для собак или кошек", "ит пен мысық азығы", "dog or cat food"),
    ("2309900000", "2309", "2309900000", "прочие", "өзгелері", "other"),
    ("xv", None, None, "Раздел XV. НЕДРАГОЦЕННЫЕ МЕТАЛЛЫ", "XV бөлім. МЕТАЛДАР", "Section XV. Base metals"),
    ("73", "xv", "73", "ИЗДЕЛИЯ ИЗ ЧЕРНЫХ МЕТАЛЛОВ", "ҚАРА МЕТАЛДАН БҰЙЫМДАР", "Articles of iron or steel"),
    ("7304", "73", "7304", "Трубы бесшовные стальные", "Жіксіз болат құбырлар", "Tubes, seamless, of steel"),
    ("7304110000", "7304", "7304110000", "для нефтепроводов", "мұнай құбырлары үшін", "for oil pipelines"),
    ("7304900000", "7304", "7304900000", "прочие", "өзгелері", "other"),
)
TREE = Tree(Node(key, above, code, "node", ru, kk, en, None, None) for key, above, code, ru, kk, en in _ROWS)
INDEX = Index(Scheme.TNVED, TREE)
NOTES = {
    "19": (
        "Примечание:",
        "1. В данную группу не включаются:",
        "(б) печенье, приготовленное как корм для собак (2309);",
    ),
    "73": ("Примечания:", '1. Термин "литье" означает отливки.', "2. Трубы включаются в позицию 7304."),
}


def classifier(*examples: Example) -> Classifier:
    return Classifier(INDEX, Examples(examples), Notes(NOTES, INDEX))
