#include "gui/window/key_sheet.h"

#include <QGridLayout>
#include <QLabel>
#include <utility>

namespace limoe::gui {
namespace {

constexpr int kColumns = 2;

}  // namespace

KeySheet::KeySheet(const QList<QAction*>& actions, QWidget* parent) : QDialog(parent) {
  setObjectName("keySheet");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle("Keys");
  QList<std::pair<QString, QString>> lines;
  for (const QAction* action : actions) {
    if (!action->shortcut().isEmpty()) {
      lines.emplace_back(action->shortcut().toString(QKeySequence::NativeText),
                         QString(action->text()).remove('&').remove("…"));
    }
  }
  lines.emplace_back("Drag, wheel", "Pan and zoom the image wall");
  lines.emplace_back("Double click", "Fit the image wall into the window");
  auto* grid = new QGridLayout(this);
  grid->setHorizontalSpacing(14);
  const auto rows = (lines.size() + kColumns - 1) / kColumns;
  for (qsizetype i = 0; i < lines.size(); ++i) {
    const int row = static_cast<int>(i % rows);
    const int column = static_cast<int>(i / rows) * 3;
    auto* key = new QLabel(QString("<b>%1</b>").arg(lines[i].first.toHtmlEscaped()), this);
    key->setAlignment(Qt::AlignRight);
    grid->addWidget(key, row, column);
    grid->addWidget(new QLabel(lines[i].second, this), row, column + 1);
  }
  grid->setColumnMinimumWidth(2, 24);
}

}  // namespace limoe::gui
