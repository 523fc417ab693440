// Which runs to compare, and which of them is the reference.
#pragma once

#include <QDialog>
#include <QStringList>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QTreeWidget;

namespace limoe::gui {

struct ComparableRun {
  QString path;
  QString name;
  QString state;  ///< in words
  QString setting;
  int64_t step = 0;  ///< newest
  int chosen = 0;    ///< 1: the reference, 2 …: the others in their order; 0: not chosen
  QString fault;     ///< why it cannot be compared; empty: it can
};

class CompareDialog : public QDialog {
  Q_OBJECT
 public:
  CompareDialog(std::vector<ComparableRun> runs, QWidget* parent);

  /// The chosen ones, the reference first.
  QStringList paths() const;

 Q_SIGNALS:
  void chosen(QStringList paths);

 private:
  void build();
  void refresh();
  std::vector<std::size_t> chosenRuns() const;  ///< in the order of the list

  std::vector<ComparableRun> runs_;
  QTreeWidget* list_;
  QComboBox* reference_;
  QLabel* hint_;
  QPushButton* compare_;
};

}  // namespace limoe::gui
