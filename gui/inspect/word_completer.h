// Offers words while one types, and gets out of the way: no list where there is nothing more to
// offer, and a click beside the list does what it does elsewhere.
#pragma once

#include <QCompleter>

class QStringListModel;

namespace limoe::gui {

class WordCompleter : public QCompleter {
  Q_OBJECT
 public:
  enum class Words {
    One,
    Several  ///< with commas or spaces between them: the last one is completed
  };
  explicit WordCompleter(Words words, QObject* parent = nullptr);

  void setWords(const QStringList& words);

  QStringList splitPath(const QString& path) const override;
  QString pathFromIndex(const QModelIndex& index) const override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  qsizetype typedFrom(const QString& text) const;  ///< −1: no word goes on with it

  const Words kind_;
  QStringListModel* model_;
};

}  // namespace limoe::gui
