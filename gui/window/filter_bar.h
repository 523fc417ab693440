// Which tokens count and in which order the wall stands (Ctrl+F). Closed, a filter or an order that
// is set stays visible as a chip.
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/digests.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFrame;
class QLineEdit;
class QToolButton;

namespace limoe::gui {

class BarScroll;
class ElidedLabel;
class WalkBar;
class WordCompleter;

class FilterBar : public QWidget {
  Q_OBJECT
 public:
  FilterBar(ViewState& state, Digests& digests, QWidget* parent = nullptr);

  void setSource(RunSource* source);
  /// Shows the bar with the keyboard in the field for a word.
  void open();
  void dismiss();
  bool isOpen() const;
  /// Pixels that the open bar takes at most; it scrolls where that is too little, and always takes
  /// one row.
  void setMostHeight(int height);
  int rowHeight() const;  ///< of the open bar with one row
  /// "37 of 256 images", "counting … 40 %", or why they are not counted.
  QString countText() const;

 Q_SIGNALS:
  void dismissed();  ///< the keyboard had been in the bar: it goes elsewhere

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeBar();
  void makeOrder(QWidget* parent);
  void makeChip();
  void fitToFont();
  void connectControls();
  void refresh();
  void refreshChoices(const RunData* run);
  void refreshOrders(const RunData* run);
  void refreshCount();
  void refreshChip();
  bool isRouted(const RunData& run) const;
  std::optional<Question> countQuestion(const RunData& run) const;
  std::vector<Question> questions(const RunData& run) const;
  QString countWords(const RunData& run) const;
  QString wordsOffered();
  void takeFilter();
  void takeOrder();
  void clearAll();
  std::shared_ptr<const RunData> run() const;

  ViewState& state_;
  Digests& digests_;
  RunSource* source_ = nullptr;
  QTimer typing_;  ///< a word counts when it has not been typed at for a moment
  std::shared_ptr<const LayerDigest> words_of_;  ///< that the words which are offered come from

  BarScroll* scroll_;
  QWidget* bar_;
  QLineEdit* word_;
  WordCompleter* words_;
  QWidget* label_group_;
  QComboBox* label_;
  QComboBox* expert_;
  QCheckBox* dropped_;
  QDoubleSpinBox* gate_;
  QComboBox* order_;
  QLineEdit* order_word_;
  ElidedLabel* count_;
  WalkBar* wait_;
  QToolButton* clear_;
  QToolButton* close_;
  QFrame* chip_;
  QToolButton* chip_text_;
  WalkBar* chip_wait_;
  QToolButton* chip_clear_;
  QString chip_words_;
};

}  // namespace limoe::gui
